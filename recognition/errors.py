"""What recognition refuses, each under a key that stays the same."""

from typing import Literal

Refusal = Literal["empty", "not_an_image", "unsupported_type", "truncated", "too_many_pixels"]


class RecognitionError(Exception):
    """Anything that recognition says no to."""


class ImageRefused(RecognitionError):  # noqa: N818 - it reads as what happened
    """These bytes are not an image that can be used; `kind` is stable, `detail` is for people."""

    def __init__(self, kind: Refusal, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class ModelsMissing(RecognitionError):  # noqa: N818 - it reads as what happened
    """No usable models where the pack says they are."""


class ModelsDamaged(ModelsMissing):
    """A model file is not the one that was published: its SHA-256 differs."""


class UnknownPack(RecognitionError):  # noqa: N818 - it reads as what happened
    """No pack goes by this name."""


class ProviderMissing(RecognitionError):  # noqa: N818 - it reads as what happened
    """The execution provider that was asked for does not work here."""
