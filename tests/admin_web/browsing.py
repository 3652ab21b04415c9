"""A running panel, and a client that uses it as a browser without scripts does."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
from aiohttp import web

from domain.records import Account, Question
from tests.admin_web.world import PASSWORD


@dataclass(frozen=True, slots=True)
class Panel:
    """A running panel."""

    url: str
    app: web.Application
    visitor: Callable[[], httpx.AsyncClient]

    async def enter(self, account: Account, password: str = PASSWORD) -> "Browser":
        """Sign in as somebody."""
        browser = Browser(self.visitor())
        answer = await browser.sign_in(account.name, password)
        assert answer.status_code == 303, answer.text
        return browser


@dataclass(frozen=True, slots=True)
class Browser:
    """A client that fills in forms as a browser does: with the token of the page."""

    http: httpx.AsyncClient

    async def sign_in(self, name: str, password: str, **more: str) -> httpx.Response:
        """Fill in the sign-in form."""
        page = await self.http.get("/sign-in")
        form = {"name": name, "password": password, "csrf": token_of(page.text), **more}
        return await self.http.post("/sign-in", data=form)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Load a page."""
        return await self.http.get(path, headers={"Accept": "text/html", **headers})

    async def post(
        self, path: str, headers: dict[str, str] | None = None, **form: str | list[str]
    ) -> httpx.Response:
        """Send a form, with the token of the account page."""
        token = await self.token()
        return await self.http.post(path, data={"csrf": token, **form}, headers=headers)

    async def token(self) -> str:
        """Return the token that forms carry."""
        return token_of((await self.http.get("/account")).text)

    async def answer(self, question: Question, answer: str, **form: str) -> httpx.Response:
        """Answer a question."""
        return await self.post(f"/questions/{question.id}/answer", None, answer=answer, **form)


def token_of(page: str) -> str:
    """Return the token in a page's forms."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


Serve = Callable[..., Awaitable[Panel]]


def shown_on(page: str) -> str:
    """Return the cards of a page, as its script would say that it shows them."""
    found = re.findall(r'id="([qb]-[0-9a-f]{24})".*?data-revision="([^"]+)"', page)
    return ",".join(f"{id_}:{revision}" for id_, revision in found)


async def is_html(answer: httpx.Response) -> bool:
    """Tell whether an answer that comes in is a page or a part of one; read it, if it ends."""
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith("text/event-stream"):
        await answer.aread()
    return answer.status_code == httpx.codes.OK and kind.startswith("text/html")
