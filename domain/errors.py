"""What can go wrong in the product's own words. `key` is stable; front doors translate it."""

from typing import ClassVar

from domain.records import Decision


class UsherError(Exception):
    """Something a user or a program did that cannot be done; the text says why.

    Values are filled into the text by name, so that it can be said in other languages.
    """

    key: ClassVar[str] = "error"

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text = text
        self.values = values


class NotFoundError(UsherError):
    """There is no such record, or it is none of the caller's business."""

    key = "not-found"


class NotAllowedError(UsherError):
    """The account may not do this."""

    key = "not-allowed"


class AlreadyDecidedError(UsherError):
    """Somebody else answered first; `decision` says who, what and when."""

    key = "already-decided"

    def __init__(self, decision: Decision | None) -> None:
        super().__init__("This question has been decided already.")
        self.decision = decision


class NameTakenError(UsherError):
    """A known person has this name; ask whether it is the same one."""

    key = "name-taken"

    def __init__(self, name: str, person_ids: tuple[str, ...]) -> None:
        super().__init__("Somebody is known by this name already.")
        self.name = name
        self.person_ids = person_ids


class InvalidError(UsherError):
    """A value is out of its bounds."""

    key = "invalid"


class InviteError(UsherError):
    """The invitation is unknown, used or expired."""

    key = "invite"


class KeyReusedError(UsherError):
    """An idempotency key came again with another body."""

    key = "idempotency-key-reused"


class StaleError(UsherError):
    """Another process was quicker; look again and start over."""

    key = "stale"


class PackChangedError(UsherError):
    """The installation goes by other models now; load those, look again and start over."""

    key = "pack-changed"


class OtherPackError(UsherError):
    """The people of this installation are known by the models of another pack."""

    key = "other-pack"


class NoModelsError(UsherError):
    """There are no models here that could look at a picture; the text says why."""

    key = "no-models"


class LeftBehindError(UsherError):
    """Some people would not be recognised any more; `count` says how many."""

    key = "left-behind"

    def __init__(self, count: int) -> None:
        super().__init__("{count} of the people known here would be strangers.", count=count)
        self.count = count


class ClaimLostError(UsherError):
    """The lease on a detection ran out and somebody else has it."""

    key = "claim-lost"


class ImageRefusedError(UsherError):
    """The bytes are no image that can be worked with; `kind` is stable and says why."""

    key = "image-refused"

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
