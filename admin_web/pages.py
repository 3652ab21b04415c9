"""The pages that every other page leads to, in the order people need them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from admin_web.guard import Door, Who
from domain.records import Account, Role


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the navigation; pages whose addresses begin with one of `within` belong to it.

    A `daily` one is always in sight; the others are behind "More" on a phone.
    """

    path: str
    name: str
    icon: str
    daily: bool = False
    within: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a path is this page, or one that belongs to it."""
        below = self.path != "/" and path.startswith(f"{self.path}/")
        return path == self.path or below or path.startswith(self.within)


PAGES = (
    Page("/", "Inbox", "inbox", daily=True, within=("/questions/", "/references/")),
    Page("/people", "People", "users", daily=True),
    Page("/visits", "Visits", "calendar-days", daily=True),
    Page("/detections", "Detections", "scan-face", daily=True),
    Page("/enrol", "Add somebody", "user-plus"),
    Page("/cameras", "Cameras", "camera"),
    Page("/analytics", "Analytics", "chart-column"),
    Page("/accounts", "Accounts", "shield-user"),
    Page("/settings", "Settings", "settings"),
    Page("/account", "Your account", "circle-user"),
)


class Pages:
    """The navigation of one panel: the pages it has a door to."""

    def __init__(self, doors: Iterable[Door]) -> None:
        self._who = {door.path: door.who for door in doors if door.method == "GET"}

    def of(self, account: Account) -> tuple[Page, ...]:
        """Return the pages that an account may open, in order."""
        return tuple(page for page in PAGES if self._opens(page, account))

    def _opens(self, page: Page, account: Account) -> bool:
        match self._who.get(page.path):
            case None:
                return False
            case Who.ADMINS:
                return account.role is Role.ADMIN
            case Who.DECIDERS:
                return account.role is not Role.VIEWER
            case _:
                return True


# The pages that an account may open.
OPEN_PAGES: web.AppKey[Callable[[Account], tuple[Page, ...]]] = web.AppKey("open_pages", Callable)  # type: ignore[arg-type]
