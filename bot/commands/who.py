"""/who, or just a photo: who is on it, how surely, and where they were seen before."""

import asyncio
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from bot.buttons import Rows
from bot.commands.ask import Ask
from bot.commands.buttons import Do, button
from bot.commands.counter import Subject
from bot.commands.drawing import boxed
from bot.commands.photos import faults, fetched, file_in, looked_at
from bot.words import bold, lines, safe
from domain.looking import Look
from domain.recall import Memory, Places, Recalled, places, recall
from domain.records import MatchKind, Person, PersonStatus, Visit

NUMBERS_PER_ROW = 5
# One of many faces is said in a line, a face alone with the last visits.
MOST_FACES = 10


async def who(ask: Ask) -> None:
    """Say who is on the photo that the command stands under, or replies to."""
    file_id = file_in(ask.message) or file_in(ask.message.reply_to_message)
    if file_id is None:
        await ask.say(ask.t("Send me a photo, and I say who is on it."))
        return
    await say_who(ask, file_id)


async def say_who(ask: Ask, file_id: str) -> None:
    """Say who is on a photo that was sent."""
    await ask.desk.talk.busy(ask.chat_id)
    picture = await fetched(ask, file_id)
    look = await looked_at(ask, picture)
    memories = [await recall(ask.desk.store, ask.account, face) for face in look.faces]
    if not memories:
        await ask.say(ask.t("There is no face on this picture."))
        return
    where = await places(ask.desk.store, memories)
    if len(memories) == 1:
        html = lines(*_alone(ask, memories[0], where))
        await ask.say(html, rows=_rows(ask, memories, numbered=False))
        return
    shown = memories[:MOST_FACES]
    await ask.show(
        await asyncio.to_thread(boxed, picture, _boxes(look)[: len(shown)]),
        lines(*_several(ask, shown, where), _left_out(ask, len(memories) - len(shown))),
        rows=_rows(ask, shown, numbered=True),
    )


def _boxes(look: Look) -> list[tuple[float, float, float, float]]:
    return [face.face.box for face in look.faces]


def _alone(ask: Ask, memory: Memory, where: Places) -> Iterator[Markup | str]:
    """Say everything of the only face: the answer, the last visits, and what makes it unsure."""
    yield _answer(ask, memory)
    for one in memory.known[:1]:
        yield _how_often(ask, one)
        for visit in one.last:
            yield _seen(ask, visit, where)
    for other in memory.known[1:]:
        yield _alike(ask, other)
    if memory.face.reasons:
        yield ask.t("Take it with care: {faults}.", faults=faults(memory.face.reasons, ask.t))


def _several(ask: Ask, memories: Sequence[Memory], where: Places) -> Iterator[Markup]:
    """Say of each face in one line who it is and when they were last seen."""
    for number, memory in enumerate(memories, 1):
        said = _answer(ask, memory)
        last = memory.known[0].last if memory.known else ()
        if last:
            said = Markup("{} · {}").format(said, _seen(ask, last[0], where))
        elif not memory.known and memory.face.reasons:
            said = Markup("{} ({})").format(said, faults(memory.face.reasons, ask.t))
        yield Markup("{}. {}").format(number, said)


def _left_out(ask: Ask, number: int) -> Markup | str:
    if number <= 0:
        return ""
    return ask.t.counted("and {n} smaller face", "and {n} smaller faces", number)


def _answer(ask: Ask, memory: Memory) -> Markup:
    """Return the answer for one face: a match, a doubt, or nobody."""
    if not memory.known:
        return ask.t("Nobody I know")
    first = memory.known[0].near
    name, share = _name(ask, first.person), ask.t.percent(first.confidence)
    match memory.kind:
        case MatchKind.MATCH:
            return ask.t("{name} {share}", name=name, share=share)
        case MatchKind.UNSURE:
            return ask.t("Maybe {name} ({share})", name=name, share=share)
        case MatchKind.STRANGER:
            return ask.t("Nobody I know; a little like {name} ({share})", name=name, share=share)


def _name(ask: Ask, person: Person) -> Markup:
    warning = "⚠ " if person.status is PersonStatus.BLOCKED else ""
    return Markup("{}{}").format(warning, bold(ask.t.called(person)))


def _how_often(ask: Ask, one: Recalled) -> Markup:
    if not one.visits:
        return ask.t("Not seen by a camera yet.")
    return ask.t.counted("{n} visit, the last ones:", "{n} visits, the last ones:", one.visits)


def _alike(ask: Ask, other: Recalled) -> Markup:
    name, share = safe(ask.t.called(other.near.person)), ask.t.percent(other.near.confidence)
    return ask.t("Looks a little like {name} ({share})", name=name, share=share)


def _seen(ask: Ask, visit: Visit, where: Places) -> Markup:
    """Return "Tuesday 18:10, Front door, Main"."""
    cameras = [where.cameras[id_] for id_ in visit.camera_ids if id_ in where.cameras]
    names = [safe(camera.name) for camera in cameras[:1]]
    site = where.sites.get(visit.site_id)
    names += [safe(site.name)] if site else []
    return Markup(", ").join([ask.when(visit.last_seen_at), *names])


def _rows(ask: Ask, memories: Sequence[Memory], *, numbered: bool) -> Rows:
    """Return a button that opens each person found."""
    buttons = [
        button(
            Markup(str(number)) if numbered else safe(ask.t.called(memory.known[0].near.person)),  # noqa: S704
            Do.PERSON,
            memory.known[0].near.person.id,
        )
        for number, memory in enumerate(memories, 1)
        if memory.known
    ]
    return tuple(
        tuple(buttons[start : start + NUMBERS_PER_ROW])
        for start in range(0, len(buttons), NUMBERS_PER_ROW)
    )


SUBJECT = Subject(commands={"who": who})
