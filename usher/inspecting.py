"""Looking at posted images, as the domain wants it done; needs no model."""

from domain.errors import ImageRefusedError
from domain.intake import ImageFacts
from recognition.errors import ImageRefused
from recognition.images import inspect as inspect_image


def inspect(data: bytes) -> ImageFacts:
    """Return what an image is; raise ImageRefusedError when it cannot be worked with."""
    try:
        info = inspect_image(data)
    except ImageRefused as error:
        raise ImageRefusedError(error.kind, error.detail) from error
    return ImageFacts(media_type=info.media_type, width=info.width, height=info.height)
