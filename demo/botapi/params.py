"""The parameters of one method call, however they were encoded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from demo.botapi.errors import bad_request


@dataclass(frozen=True)
class Params:
    """Fields as text and uploads as bytes, by name."""

    fields: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, bytes] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field, empty when it was not sent."""
        return self.fields.get(name, "")

    def integer(self, name: str) -> int | None:
        """Return a number, None when it was not sent or is none."""
        try:
            return int(self.fields[name])
        except (KeyError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """Return a boolean in any of the spellings that clients use."""
        return self.text(name).lower() in {"true", "1", "yes"}

    def json(self, name: str) -> Any:
        """Return a field of JSON text, None when it was not sent; a 400 when it is broken."""
        if not self.text(name):
            return None
        try:
            return json.loads(self.text(name))
        except json.JSONDecodeError as error:
            raise bad_request(f"can't parse {name} JSON object") from error

    def logged(self) -> dict[str, str]:
        """Return what the list of calls shows: fields as sent, uploads by their size."""
        sizes = {name: f"<{len(content)} bytes>" for name, content in self.uploads.items()}
        return {**self.fields, **sizes}


async def read_params(request: web.Request) -> Params:
    """Read query, form or JSON body; later ones win."""
    fields = dict(request.query)
    uploads: dict[str, bytes] = {}
    if request.content_type == "application/json" and request.can_read_body:
        fields |= _texts(await request.text())
    elif request.content_type == "multipart/form-data" and request.can_read_body:
        # Part by part: `post` would leave a file open whose client is gone before it was read.
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise bad_request("can't parse multipart form")
            if part.filename:
                uploads[part.name] = bytes(await part.read(decode=True))
            else:
                fields[part.name] = await part.text()
    elif request.can_read_body:
        fields |= {name: str(value) for name, value in (await request.post()).items()}
    return Params(fields, uploads)


def _texts(body: str) -> dict[str, str]:
    try:
        values = json.loads(body)
    except json.JSONDecodeError as error:
        raise bad_request("can't parse JSON object") from error
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }
