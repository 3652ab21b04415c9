"""Faults to order: the next calls of a method fail in one named way."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from demo.botapi import errors
from demo.botapi.errors import ApiError, bad_request, forbidden


class FaultKind(StrEnum):
    """Everything that can go wrong between a bot and Telegram."""

    TOO_MANY_REQUESTS = "too_many_requests"
    BLOCKED = "blocked"
    KICKED = "kicked"
    MIGRATED = "migrated"
    CHAT_NOT_FOUND = "chat_not_found"
    MESSAGE_NOT_FOUND = "message_not_found"
    CANT_BE_DELETED = "cant_be_deleted"
    NOT_MODIFIED = "not_modified"
    WRONG_FILE = "wrong_file"
    CANT_PARSE_ENTITIES = "cant_parse_entities"
    BUTTON_DATA_INVALID = "button_data_invalid"
    QUERY_TOO_OLD = "query_too_old"
    UNAUTHORIZED = "unauthorized"
    CONFLICT = "conflict"
    BAD_GATEWAY_JSON = "bad_gateway_json"
    BAD_GATEWAY_HTML = "bad_gateway_html"
    RESET = "reset"
    SLOW = "slow"


# Faults of the way, not of the wish: the effect can have taken place all the same.
AFTER_EFFECT = {
    FaultKind.BAD_GATEWAY_JSON,
    FaultKind.BAD_GATEWAY_HTML,
    FaultKind.RESET,
    FaultKind.SLOW,
}

_REFUSALS = {
    FaultKind.BLOCKED: forbidden(errors.BLOCKED),
    FaultKind.KICKED: forbidden("bot was kicked from the supergroup chat"),
    FaultKind.CHAT_NOT_FOUND: bad_request(errors.CHAT_NOT_FOUND),
    FaultKind.MESSAGE_NOT_FOUND: bad_request(errors.MESSAGE_TO_EDIT_NOT_FOUND),
    FaultKind.CANT_BE_DELETED: bad_request("message can't be deleted"),
    FaultKind.WRONG_FILE: bad_request("wrong file identifier/HTTP URL specified"),
    FaultKind.NOT_MODIFIED: bad_request(errors.NOT_MODIFIED),
    FaultKind.CANT_PARSE_ENTITIES: bad_request(
        "can't parse entities: Can't find end tag corresponding to start tag \"b\""
    ),
    FaultKind.BUTTON_DATA_INVALID: bad_request(errors.BUTTON_DATA_INVALID),
    FaultKind.QUERY_TOO_OLD: bad_request(errors.QUERY_TOO_OLD),
    FaultKind.UNAUTHORIZED: ApiError(401, "Unauthorized"),
    FaultKind.CONFLICT: ApiError(409, errors.OTHER_POLLER),
    FaultKind.BAD_GATEWAY_JSON: ApiError(502, "Bad Gateway"),
}


@dataclass
class Fault:
    """One order: `times` calls of `method` ("*" for any) in `chat_id` (None for any) fail.

    The first `skip` calls that fit are let through. With `after_effect` the call is carried out
    and only its answer suffers. `delay_s` is how long SLOW waits, before or after the effect.
    """

    kind: FaultKind
    method: str = "*"
    chat_id: int | None = None
    times: int = 1
    skip: int = 0
    retry_after_s: int = 1
    migrate_to: int | None = None
    delay_s: float = 0.0
    after_effect: bool = False

    def __post_init__(self) -> None:
        if self.after_effect and self.kind not in AFTER_EFFECT:
            raise ValueError(f"{self.kind} is refused before any effect")
        if self.kind is FaultKind.MIGRATED and self.migrate_to is None:
            raise ValueError("migrated needs migrate_to")

    def fits(self, method: str, chat_id: int | None) -> bool:
        """Say whether a call is one of those that shall fail."""
        same_method = self.method == "*" or self.method.lower() == method.lower()
        return same_method and self.chat_id in {None, chat_id}

    def refusal(self) -> ApiError | None:
        """Return the answer in the API's words; None for faults that are no answer at all."""
        if self.kind is FaultKind.TOO_MANY_REQUESTS:
            return errors.too_many_requests(self.retry_after_s)
        if self.kind is FaultKind.MIGRATED:
            return errors.migrated(self.migrate_to or 0)
        known = _REFUSALS.get(self.kind)
        return known and replace(known)


@dataclass
class Faults:
    """Orders that are not used up, oldest first."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Take an order; one of zero times is none."""
        if fault.times > 0:
            self.waiting.append(fault)

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the fault that this call suffers, and count it."""
        for fault in self.waiting:
            if not fault.fits(method, chat_id):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1
            if not fault.times:
                self.waiting.remove(fault)
            return fault
        return None
