"""/status: cameras, workers, models, and what waits."""

from collections.abc import Iterator

from markupsafe import Markup

from bot.commands.ask import Ask
from bot.commands.buttons import Do, button
from bot.commands.counter import Subject
from bot.words import lines, safe
from domain.status import CameraState, Status, status_of

MOST_CAMERAS = 20


async def status(ask: Ask) -> None:
    """Say how things stand."""
    found = await status_of(ask.desk.store, ask.account, now=ask.now, site_ids=ask.site_ids)
    rows = ((button(ask.t("Show them"), Do.PENDING),),) if found.waiting else ()
    await ask.say(lines(*_told(ask, found)), rows=rows)


def _told(ask: Ask, found: Status) -> Iterator[Markup | str]:
    yield _waiting(ask, found)
    yield ""
    yield from _cameras(ask, found)
    yield _workers(ask, found)
    if found.backlog:
        yield ask.t.counted(
            "{n} crop is not looked at yet.", "{n} crops are not looked at yet.", found.backlog
        )
    if found.pack:
        yield _models(ask, found.pack.pack)
    if found.trouble:
        yield Markup("⚠ {}").format(safe(found.trouble, 300))
    if found.stuck:
        yield ask.t.counted(
            "⚠ {n} card of yours could not be delivered.",
            "⚠ {n} cards of yours could not be delivered.",
            found.stuck,
        )


def _waiting(ask: Ask, found: Status) -> Markup:
    if not found.waiting:
        return ask.t("No question waits.")
    return ask.t.counted("{n} question waits.", "{n} questions wait.", found.waiting)


def _cameras(ask: Ask, found: Status) -> Iterator[Markup | str]:
    if not found.cameras:
        yield ask.t("There is no camera yet.")
    for state in found.cameras[:MOST_CAMERAS]:
        yield _camera(ask, state)
    if len(found.cameras) > MOST_CAMERAS:
        yield ask.t("and {n} more cameras", n=len(found.cameras) - MOST_CAMERAS)


def _camera(ask: Ask, state: CameraState) -> Markup:
    name = Markup("{}, {}").format(safe(state.camera.name), safe(state.site.name))
    if state.camera.last_seen_at is None:
        return ask.t("{camera}: nothing came from it yet", camera=name)
    last = ask.time(state.camera.last_seen_at)
    if state.silent:
        return ask.t("⚠ {camera}: silent since {time}", camera=name, time=last)
    return ask.t("{camera}: last heard of {time}", camera=name, time=last)


def _workers(ask: Ask, found: Status) -> Markup:
    if not found.workers:
        return ask.t("⚠ No worker is running: nobody is recognised.")
    return ask.t.counted("{n} worker is running.", "{n} workers are running.", len(found.workers))


def _models(ask: Ask, pack: str) -> Markup:
    licence = ask.desk.eyes.licence(pack) if ask.desk.eyes else ""
    if licence:
        return ask.t("Models: {pack} ({licence})", pack=safe(pack), licence=safe(licence, 120))
    return ask.t("Models: {pack}", pack=safe(pack))


SUBJECT = Subject(commands={"status": status})
