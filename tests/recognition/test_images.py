"""Whatever is posted becomes upright RGB pixels, or a refusal of a stable kind."""

import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from recognition.errors import ImageRefused
from recognition.images import decode, inspect

FORMATS = ("JPEG", "PNG", "WEBP")
RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 220, 30), (30, 30, 220), (250, 250, 250)


def quarters(width: int = 64, height: int = 48) -> Image.Image:
    """Red and green above, blue and white below: a picture whose turns all differ."""
    image = Image.new("RGB", (width, height))
    half = (width // 2, height // 2)
    for colour, corner in (
        (RED, (0, 0)),
        (GREEN, (half[0], 0)),
        (BLUE, (0, half[1])),
        (WHITE, half),
    ):
        image.paste(colour, (*corner, corner[0] + half[0], corner[1] + half[1]))
    return image


def file(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Save a picture to bytes."""
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def corners(pixels: NDArray[np.uint8]) -> list[NDArray[np.int16]]:
    """The colours in the middle of the four quarters, row by row."""
    height, width = pixels.shape[:2]
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [pixels[place].astype(np.int16) for place in places]


def looks_like(pixels: NDArray[np.uint8], *colours: tuple[int, int, int]) -> bool:
    """Whether the four quarters have these colours, about."""
    pairs = zip(corners(pixels), colours, strict=True)
    return all(np.abs(seen - np.array(colour)).max() < 30 for seen, colour in pairs)


def refusal(data: bytes, check: Callable[[bytes], object] = inspect) -> str:
    """The kind by which bytes are refused."""
    with pytest.raises(ImageRefused) as caught:
        check(data)
    return caught.value.kind


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def tiny_png(width: int, height: int) -> bytes:
    """A whole PNG file of a hundred bytes that claims any size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    parts = (header, chunk(b"IDAT", zlib.compress(b"\0" * 64)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def bomb(kind: str) -> bytes:
    """A small file whose header claims 20,000 x 20,000 pixels (WebP: 16,000 x 16,000)."""
    if kind == "PNG":
        return tiny_png(20_000, 20_000)
    data = bytearray(file(quarters(), kind))
    if kind == "JPEG":
        frame = data.index(b"\xff\xc0")
        data[frame + 5 : frame + 9] = struct.pack(">HH", 20_000, 20_000)
    else:
        start = data.index(b"\x9d\x01\x2a") + 3
        data[start : start + 4] = struct.pack("<HH", 16_000, 16_000)
    return bytes(data)


@pytest.mark.parametrize("kind", FORMATS)
def test_states_type_and_size(kind: str) -> None:
    """The type is told from the content, with the size."""
    info = inspect(file(quarters(), kind))
    assert (info.media_type, info.width, info.height) == (f"image/{kind.lower()}", 64, 48)


@pytest.mark.parametrize("kind", FORMATS)
def test_decodes_to_rgb(kind: str) -> None:
    """Pixels come as RGB, in their places."""
    assert looks_like(decode(file(quarters(), kind)), RED, GREEN, BLUE, WHITE)


def test_refuses_nothing_at_all() -> None:
    """Zero bytes are refused as empty."""
    assert refusal(b"") == "empty"


@pytest.mark.parametrize(
    "data", [b"hello", b"\x00" * 100, b"%PDF-1.7\n", b"<svg/>", b"RIFF\0\0\0\0WAVE", b"\xff\xd8"]
)
def test_refuses_what_is_no_image(data: bytes) -> None:
    """Text, zeros, documents and sound are not images."""
    assert refusal(data) == "not_an_image"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "AVIF", "JPEG2000"])
def test_refuses_other_images_by_their_name(kind: str) -> None:
    """Other image types are refused as unsupported, not as rubbish."""
    assert refusal(file(quarters(), kind)) == "unsupported_type"


@pytest.mark.parametrize("kind", FORMATS)
def test_notices_every_truncation(kind: str) -> None:
    """A file that lost its last byte, its second half or nearly everything is truncated."""
    data = file(quarters(), kind)
    for kept in (len(data) - 1, len(data) - 2, len(data) // 2, len(data) // 4, 40):
        assert refusal(data[:kept]) == "truncated", kept


def test_notices_truncation_of_progressive_jpeg() -> None:
    """A progressive file shows the whole picture early; cut after a scan, it is truncated still."""
    data = file(quarters(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert inspect(data).width == 64
    assert refusal(data[:last]) == "truncated"


def test_is_not_fooled_by_the_end_of_a_thumbnail() -> None:
    """A thumbnail inside the file ends with an end marker of its own, which does not count."""
    exif = Image.Exif()
    exif[0x010E] = "x\xff\xd9".encode("latin1") * 20
    data = file(quarters(), "JPEG", exif=exif)
    assert refusal(data[: data.index(b"\xff\xda") + 30]) == "truncated"


def test_accepts_bytes_after_the_end() -> None:
    """Cameras append things; what follows the end is ignored."""
    assert looks_like(decode(file(quarters(), "JPEG") + b"tail" * 9), RED, GREEN, BLUE, WHITE)


def test_notices_a_damaged_png() -> None:
    """A PNG whose picture does not match its checksum is refused before it is decoded."""
    data = bytearray(file(quarters(), "PNG"))
    data[data.index(b"IDAT") + 12] ^= 0xFF
    assert refusal(bytes(data)) == "truncated"


def test_decoding_refuses_a_png_with_too_little_picture() -> None:
    """A file that is whole in structure and lacks pixels is refused when they are wanted."""
    assert inspect(tiny_png(500, 500)).width == 500
    assert refusal(tiny_png(500, 500), decode) == "truncated"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("check", [inspect, decode])
def test_refuses_a_bomb_by_its_header(kind: str, check: Callable[[bytes], object]) -> None:
    """The pixel limit holds before anything is decoded."""
    assert refusal(bomb(kind), check) == "too_many_pixels"


def test_the_limit_can_be_set() -> None:
    """A caller's own limit holds, exactly."""
    data = file(quarters(), "PNG")
    assert inspect(data, max_pixels=64 * 48).width == 64
    assert refusal(data, lambda bytes_: inspect(bytes_, max_pixels=64 * 48 - 1)) == (
        "too_many_pixels"
    )


def test_refuses_pictures_without_pixels() -> None:
    """A side of zero is not an image."""
    assert refusal(tiny_png(0, 5)) == "not_an_image"


def test_refuses_jpegs_that_cost_minutes() -> None:
    """Thousands of scans of one picture are refused, and so are two frames in one file."""
    data = file(quarters(), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert refusal(data[:-2] + scan * 200 + data[-2:]) == "unsupported_type"
    frame = data.index(b"\xff\xc2")
    header = data[frame : frame + 19]
    assert refusal(data[:frame] + header + data[frame:]) == "not_an_image"


def test_cmyk_keeps_its_colours() -> None:
    """A CMYK picture comes out in the colours it shows."""
    data = file(quarters().convert("CMYK"), "JPEG", quality=95)
    assert looks_like(decode(data), RED, GREEN, BLUE, WHITE)


def test_sixteen_bits_are_scaled() -> None:
    """16 bits a channel are scaled to 8, not cut off at 255."""
    grey = np.full((20, 30), 0x8000, dtype=np.uint16)
    assert np.abs(decode(cv2.imencode(".png", grey)[1].tobytes()).astype(int) - 128).max() <= 1
    wide = np.asarray(quarters())[..., ::-1].astype(np.uint16) * 257
    assert looks_like(decode(cv2.imencode(".png", wide)[1].tobytes()), RED, GREEN, BLUE, WHITE)


TURNS = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("turn", "expected"), TURNS.items())
def test_exif_turns_the_picture_upright(
    kind: str, turn: int, expected: tuple[tuple[int, int, int], ...]
) -> None:
    """All eight orientations are obeyed, in all three formats, and the size is the upright one."""
    exif = Image.Exif()
    exif[0x0112] = turn
    data = file(quarters(), kind, exif=exif, quality=95)
    assert looks_like(decode(data), *expected)
    height, width = decode(data).shape[:2]
    assert (inspect(data).width, inspect(data).height) == (width, height)
    assert (width > height) == (turn < 5)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*abc"]
)
def test_broken_exif_means_upright(exif: bytes) -> None:
    """Nonsense in EXIF neither refuses nor turns a picture."""
    assert looks_like(decode(file(quarters(), "JPEG", exif=exif)), RED, GREEN, BLUE, WHITE)


def test_transparency_lies_on_grey() -> None:
    """A transparent pixel is grey, an opaque one keeps its colour, half and half is between."""
    rgba = np.zeros((3, 30, 4), dtype=np.uint8)
    rgba[:] = (255, 255, 255, 0)
    rgba[1, :, 3], rgba[2, :, 3] = 128, 255
    pixels = decode(file(Image.fromarray(rgba), "PNG"))
    assert pixels[:, 0, 0].tolist() == [127, 191, 255]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "PA", "1", "RGBA"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    """Grey, palette and black-and-white pictures come as RGB of the same brightness."""
    source = quarters().convert("RGBA").convert(mode) if mode != "PA" else quarters().convert("P")
    pixels = decode(file(source, "PNG"))
    assert pixels.shape == (48, 64, 3)
    assert pixels[40, 60].min() > 200 > pixels[5, 5].min()


def test_palette_with_transparency() -> None:
    """A palette entry that is transparent is grey."""
    image = quarters().quantize(8)
    transparent = image.getpixel((2, 2))
    pixels = decode(file(image, "PNG", transparency=transparent))
    assert pixels[2, 2].tolist() == [127, 127, 127]
    assert pixels[40, 60].min() > 200


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_taken(kind: str) -> None:
    """An animated file counts as its first picture."""
    later = [Image.new("RGB", (64, 48), BLUE)] * 3
    data = file(quarters(), kind, save_all=True, append_images=later, duration=40)
    assert looks_like(decode(data), RED, GREEN, BLUE, WHITE)


def test_one_pixel_is_an_image() -> None:
    """The smallest picture there is decodes."""
    for kind in FORMATS:
        assert decode(file(Image.new("RGB", (1, 1), WHITE), kind)).shape == (1, 1, 3)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("size", [(3000, 2000), (2000, 3001), (4000, 3)])
def test_large_pictures_are_made_smaller(kind: str, size: tuple[int, int]) -> None:
    """No side is longer than asked, the shape stays, nothing is lost but detail."""
    pixels = decode(file(quarters(*size), kind, quality=90), max_side=500)
    assert max(pixels.shape[:2]) == 500
    assert pixels.shape[1] / 500 == pytest.approx(size[0] / max(size), abs=0.01)
    if min(size) > 100:
        assert looks_like(pixels, RED, GREEN, BLUE, WHITE)


def test_metadata_bombs_are_not_opened() -> None:
    """Compressed text of 100 MB inside a PNG costs nothing and does not refuse the picture."""
    text = PngImagePlugin.PngInfo()
    text.add_text("note", "x" * 100_000_000, zip=True)
    assert looks_like(decode(file(quarters(), "PNG", pnginfo=text)), RED, GREEN, BLUE, WHITE)


@pytest.mark.parametrize("kind", FORMATS)
def test_hostile_bytes_are_refused_or_decoded(kind: str) -> None:
    """Files with bytes changed at random give pixels or a refusal: no crash, no warning."""
    chance = np.random.default_rng(7)
    source = file(quarters(), kind, exif=Image.Exif())
    for _ in range(400):
        data = bytearray(source)
        for _ in range(chance.integers(1, 12)):
            data[chance.integers(len(data))] = chance.integers(256)
        try:
            pixels = decode(bytes(data), max_pixels=1_000_000)
        except ImageRefused:
            continue
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3


def test_threads_do_not_disturb_one_another() -> None:
    """Many threads decoding at once get what one alone gets."""
    files = [file(quarters(), kind) for kind in FORMATS] * 20
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(decode, files))
    assert all(np.array_equal(one, decode(data)) for one, data in zip(together, files, strict=True))
