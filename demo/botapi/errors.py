"""What the Bot API answers when it refuses, in the words of the official server."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class ApiError(Exception):
    """A refusal: `code` is the HTTP status and the `error_code` of the body."""

    code: int
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the JSON body the official server would send."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(text: str) -> ApiError:
    """Return a 400 with the prefix that every 400 has."""
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    """Return a 403 with its prefix."""
    return ApiError(403, f"Forbidden: {text}")


def too_many_requests(retry_after_s: int) -> ApiError:
    """Return a 429 that says how many seconds to wait."""
    return ApiError(
        429, f"Too Many Requests: retry after {retry_after_s}", {"retry_after": retry_after_s}
    )


def migrated(new_chat_id: int) -> ApiError:
    """Return the 400 of a group that lives on as a supergroup."""
    return ApiError(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": new_chat_id},
    )


CHAT_NOT_FOUND = "chat not found"
BLOCKED = "bot was blocked by the user"
MESSAGE_TO_EDIT_NOT_FOUND = "message to edit not found"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
BUTTON_DATA_INVALID = "BUTTON_DATA_INVALID"
OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
POLL_ENDED_BY_WEBHOOK = "Conflict: terminated by setWebhook request"
