"""Records to MongoDB documents and back, by their type annotations.

`id` becomes `_id`, an Id an ObjectId, an embedding little-endian float32 bytes. Times keep
milliseconds, as BSON does.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import cattrs
import numpy as np
from bson import Binary, ObjectId
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from domain.records import Id

R = TypeVar("R")
Document = dict[str, Any]


def _converter() -> cattrs.Converter:
    made = cattrs.Converter()
    for leaf in (datetime, bytes):
        made.register_structure_hook(leaf, lambda value, _: value)
        made.register_unstructure_hook(leaf, lambda value: value)
    made.register_structure_hook(Id, lambda value, _: Id(str(value)))
    made.register_unstructure_hook(Id, ObjectId)
    made.register_structure_hook_func(
        _is_array,
        lambda value, _: np.frombuffer(value, dtype="<f4"),
    )
    made.register_unstructure_hook_func(
        _is_array,
        lambda value: Binary(np.ascontiguousarray(value, dtype="<f4").tobytes()),
    )
    # Numbers are numbers already: looking at each takes long where there are thousands.
    made.register_structure_hook_func(lambda k: k == tuple[int, ...], lambda v, _: tuple(v))
    made.register_structure_hook_func(lambda k: k == dict[str, int], lambda v, _: dict(v))
    made.register_structure_hook_factory(_has_id, lambda kind: _structure(kind, made))
    made.register_unstructure_hook_factory(_has_id, lambda kind: _unstructure(kind, made))
    return made


def _is_array(kind: Any) -> bool:
    return np.ndarray in {kind, get_origin(kind)}


def _has_id(kind: Any) -> bool:
    return is_dataclass(kind) and any(f.name == "id" for f in fields(kind))


def _structure(kind: Any, made: cattrs.Converter) -> Callable[[Mapping[str, Any], Any], Any]:
    return make_dict_structure_fn(kind, made, id=override(rename=_key(kind)))


def _unstructure(kind: Any, made: cattrs.Converter) -> Callable[[Any], Document]:
    return make_dict_unstructure_fn(kind, made, id=override(rename=_key(kind)))


def _key(kind: Any) -> str:
    """Return what `id` is called: a Change has the id of another record, not one of its own."""
    return "id" if kind.__name__ == "Change" else "_id"


_CONVERTER = _converter()


def to_document(record: Any) -> Document:
    """Return the document that keeps a record."""
    document: Document = _CONVERTER.unstructure(record)
    return document


def to_record(kind: type[R], document: Mapping[str, Any]) -> R:
    """Return the record that a document keeps."""
    return _CONVERTER.structure(document, kind)


def object_ids(ids: Any) -> list[ObjectId]:
    """Return ObjectIds for ids."""
    return [ObjectId(id_) for id_ in ids]


def same_id(id_: Id) -> Document:
    """Return that a field has this id, as a query must say it to use an index on ids alone."""
    return {"$eq": ObjectId(id_), "$type": "objectId"}


_BSON = {str: "string", datetime: "date", bytes: "binData", bool: "bool", Id: "objectId"}
_NUMBERS = {int: ["int", "long"], float: ["double", "int"]}


def json_schema(kind: type[Any]) -> Document:
    """Return the $jsonSchema of the documents that keep records of this kind.

    A field that has a default may be missing, as it is in documents from before there was one.
    """
    hints = get_type_hints(kind)
    names = {f.name: _key(kind) if f.name == "id" else f.name for f in fields(kind)}
    required = [names[f.name] for f in fields(kind) if not _optional(f)]
    return {
        "bsonType": "object",
        **({"required": required} if required else {}),
        "properties": {names[f.name]: _property(hints[f.name]) for f in fields(kind)},
    }


def _optional(field: Field[Any]) -> bool:
    """Tell whether documents written before there was this field may lack it: it has a default."""
    return field.default is not MISSING or field.default_factory is not MISSING


def _property(hint: Any) -> Document:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [_property(a) for a in args]}
    if hint is type(None):
        return {"bsonType": "null"}
    if origin is tuple:
        return {"bsonType": "array"}
    return _leaf(hint, origin)


def _leaf(hint: Any, origin: Any) -> Document:
    if origin is np.ndarray:
        return {"bsonType": "binData"}
    if origin is dict:
        return {"bsonType": "object"}
    if hint in _NUMBERS:
        return {"bsonType": _NUMBERS[hint]}
    if hint in _BSON:
        return {"bsonType": _BSON[hint]}
    if issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    return json_schema(hint)
