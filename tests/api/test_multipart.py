"""Forms are read right, however they are cut into pieces, or refused."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.multipart import Form, MalformedError, TooLongError, boundary_of, parameters

BOUNDARY = b"b-42"
MOST = 300
# Contents that look like what stands around them.
CONTENTS = st.lists(
    st.sampled_from([b"\r\n", b"\r", b"--", b"--b-4", b"\r\n--b-", b"\0", b"abc"]), max_size=20
).map(b"".join)


def _form(parts: list[tuple[str, bytes]]) -> bytes:
    body = b""
    for name, content in parts:
        body += b"--" + BOUNDARY + b"\r\n"
        body += f'Content-Disposition: form-data; name="{name}"\r\n'.encode()
        body += b"Content-Type: image/jpeg\r\n\r\n" + content + b"\r\n"
    return body + b"--" + BOUNDARY + b"--\r\n"


async def _pieces(body: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    places = sorted({0, *(cut % (len(body) + 1) for cut in cuts), len(body)})
    for start, end in pairwise(places):
        yield body[start:end]


async def _read(body: bytes, cuts: list[int], most: int = MOST) -> list[tuple[str, bytes]]:
    form = Form(_pieces(body, cuts), BOUNDARY)
    parts = []
    while head := await form.head():
        parts.append((head.name, await form.body(most)))
    return parts


@given(
    st.lists(st.tuples(st.sampled_from(["image", "track"]), CONTENTS), max_size=4),
    st.lists(st.integers(0, 10_000), max_size=30),
)
async def test_any_pieces(parts: list[tuple[str, bytes]], cuts: list[int]) -> None:
    """The same parts come out, whatever they hold and however the network cuts them."""
    assert await _read(_form(parts), cuts) == parts


@given(st.lists(CONTENTS, min_size=1, max_size=3), st.integers(0, 10_000))
async def test_ends_too_early(contents: list[bytes], cut: int) -> None:
    """A form that breaks off anywhere is refused."""
    body = _form([("image", content) for content in contents])
    whole = len(body) - len(b"\r\n")
    with pytest.raises(MalformedError):
        await _read(body[: cut % whole], [])


@given(st.binary(max_size=400), st.lists(st.integers(0, 10_000), max_size=5))
async def test_anything(body: bytes, cuts: list[int]) -> None:
    """Whatever comes is read or refused."""
    try:
        await _read(body, cuts)
    except (MalformedError, TooLongError) as error:
        assert isinstance(error, ValueError)  # noqa: PT017 - which it is depends on the bytes


@given(st.integers(0, 60), st.lists(st.integers(0, 10_000), max_size=20))
async def test_length(length: int, cuts: list[int]) -> None:
    """A part may be exactly as long as it may be, and no byte longer, however it comes."""
    body = _form([("image", b"x" * length)])
    if length <= 30:
        assert await _read(body, cuts, most=30) == [("image", b"x" * length)]
    else:
        with pytest.raises(TooLongError):
            await _read(body, cuts, most=30)


async def test_around_the_parts() -> None:
    """What comes before the first boundary and after the last one means nothing."""
    body = b"hello\r\nyou\r\n" + _form([("image", b"abc")]) + b"goodbye\r\n"
    assert await _read(body, [3, 5, 9]) == [("image", b"abc")]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('form-data; name="image"', {"name": "image"}),
        ("Form-Data;name=image ; filename=a.jpg", {"name": "image", "filename": "a.jpg"}),
        ('form-data; filename="; name=x"; name="y"', {"filename": "; name=x", "name": "y"}),
        (r'form-data; name="a\"b\\c"', {"name": r'a"b\c'}),
        ("form-data", {}),
        ("form-data;", {}),
    ],
)
def test_parameters(header: str, expected: dict[str, str]) -> None:
    """Tokens and quoted strings are told apart, and nothing inside quotes is taken for a name."""
    assert parameters(header) == ("form-data", expected)


@pytest.mark.parametrize("header", ['form-data; name="image', "form-data; =x", "form-data; name"])
def test_parameters_that_make_no_sense(header: str) -> None:
    """A header that cannot be read is refused."""
    with pytest.raises(MalformedError):
        parameters(header)


@pytest.mark.parametrize("boundary", ["", '""', "x" * 71, "\u00fc"])
def test_boundaries(boundary: str) -> None:
    """A boundary has 1 to 70 ASCII characters."""
    with pytest.raises(MalformedError):
        boundary_of(f"multipart/form-data; boundary={boundary}")
    assert boundary_of('multipart/form-data; charset=x; boundary="a b"') == b"a b"
