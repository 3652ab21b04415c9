"""Answering questions of the inbox, one or several at once."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from admin_web.answering import Form, check_target, read_answer, text
from admin_web.batches import find_batch
from admin_web.cards import card, cards, pile
from admin_web.entries import Entry, entries_of
from admin_web.options import ACCOUNT, CLOCK, STORE, VIA
from admin_web.rendering import from_script, page, part
from admin_web.words import count
from domain import decisions
from domain.errors import AlreadyDecidedError, InvalidError, NameTakenError, NotFoundError
from domain.ids import parse_id
from domain.records import Id, Question, QuestionStatus
from domain.sight import seen_question
from domain.together import MOST, Together, answer_together

TOO_LATE = "Somebody answered before you."


async def show_question(request: web.Request) -> web.Response:
    """Show one question on a page of its own."""
    return await _show_card(request, status=200)


async def answer_question(request: web.Request) -> web.Response:
    """Answer a question; show what became of it."""
    store, account = request.app[STORE], request[ACCOUNT]
    form = await request.post()
    question = await seen_question(store, account, parse_id(request.match_info["id"]))
    try:
        given = await _read(request, form, [question])
        await decisions.answer(
            store,
            question_id=question.id,
            answer=given,
            account=account,
            via=VIA,
            now=request.app[CLOCK](),
        )
    except NameTakenError as error:
        taken = tuple(Id(id_) for id_ in error.person_ids)
        return await _show_card(request, status=409, name=error.name, taken=taken)
    except AlreadyDecidedError:
        return await _show_card(request, status=409, note=TOO_LATE)
    except InvalidError as error:
        return await _show_card(request, status=400, name=text(form, "name"), note=str(error))
    if from_script(request):
        return await _show_card(request, status=200)
    still_open = isinstance(given, decisions.IsNot)
    raise web.HTTPSeeOther(
        f"/questions/{question.id}" if still_open else f"/?answered={question.id}"
    )


async def _read(
    request: web.Request, form: Form, questions: Sequence[Question]
) -> decisions.Answer:
    """Return the answer a form gives; it points at nobody whom the account cannot know of."""
    given = read_answer(request, form)
    if isinstance(given, decisions.ItIs | decisions.IsNot):
        suggested = [s.person_id for question in questions for s in question.suggestions]
        await check_target(request, given.person_id, text(form, "name"), suggested)
    return given


async def _show_card(
    request: web.Request, *, status: int, name: str = "", taken: tuple[Id, ...] = (), note: str = ""
) -> web.Response:
    """Show a question: alone for a script, which swaps it in whatever it says, else on a page."""
    store, account = request.app[STORE], request[ACCOUNT]
    question = await seen_question(store, account, parse_id(request.match_info["id"]))
    shown = await card(store, account, question, name=name, taken=taken, note=note)
    if from_script(request):
        return part(request, "card.html", card=shown)
    return await page(request, "question.html", status, entries=[shown])


async def answer_questions(request: web.Request) -> web.Response:
    """Answer the chosen questions of a pile at once; show what became of them, and the rest."""
    form = await request.post()
    whole = await _asked(request, form)
    wanted = {value for value in form.getall("question", []) if isinstance(value, str)}
    chosen = [question for question in whole if question.id in wanted]
    try:
        made = await answer_together(
            request.app[STORE],
            question_ids=[question.id for question in chosen],
            answer=await _read(request, form, chosen),
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
        )
    except NameTakenError as error:
        taken = tuple(Id(id_) for id_ in error.person_ids)
        return await _show_pile(request, whole, wanted, 409, name=error.name, taken=taken)
    except InvalidError as error:
        name = text(form, "name")
        return await _show_pile(request, whole, wanted, 400, name=name, note=str(error))
    if not made.outcomes:
        again = await _asked(request, form)
        return await _show(request, 409, await entries_of(request, again, note=told(made)))
    if not from_script(request) and not made.refused:
        raise web.HTTPSeeOther(f"/?together={made.batch}")
    return await _show(request, 200, await _became(request, form, made))


async def _asked(request: web.Request, form: Form) -> list[Question]:
    """Return the questions of the pile that a form is about, as they are now.

    Raises NotFoundError when one of them is none of the account's business.
    """
    ids = [parse_id(id_) for id_ in text(form, "pile").split(",") if id_]
    if len(ids) > MOST:
        raise InvalidError("That is more than a pile holds.")
    found = await request.app[STORE].questions.some(ids)
    for id_ in ids:
        if id_ not in found or not request[ACCOUNT].may_see(found[id_].site_id):
            raise NotFoundError("There is no such question.")
    return [found[id_] for id_ in ids]


async def _became(request: web.Request, form: Form, made: Together) -> list[Entry]:
    """Return the card of what was answered at once, and those of what is still to be answered."""
    batch = await find_batch(request, made.batch, note=told(made))
    left = [q for q in await _asked(request, form) if q.status is QuestionStatus.OPEN]
    return [*([batch] if batch else []), *await entries_of(request, left)]


def told(made: Together) -> str:
    """Say what of an answer to several was refused."""
    late = [r for r in made.refused if isinstance(r.why, AlreadyDecidedError)]
    if not made.refused:
        return ""
    if not made.outcomes and late:
        return TOO_LATE
    if late:
        return f"{count(len(late), 'question')} had been answered by somebody else."
    return f"{count(len(made.refused), 'question')} could not be answered: {made.refused[0].why}"


async def _show_pile(
    request: web.Request,
    whole: Sequence[Question],
    chosen: set[str],
    status: int,
    *,
    name: str = "",
    taken: tuple[Id, ...] = (),
    note: str = "",
) -> web.Response:
    """Show a pile again, with those chosen, and who has the name already or what is wrong."""
    store, account = request.app[STORE], request[ACCOUNT]
    same = tuple((await store.persons.some(taken)).values())
    still = [q for q in whole if q.status is QuestionStatus.OPEN]
    found = await cards(store, account, still, taken=same)
    if not found:
        return await _show(request, status, await entries_of(request, whole, note=note))
    shown = replace(
        pile(found),
        chosen=frozenset(card.question.id for card in found if card.question.id in chosen),
        name=name,
        taken=same,
        note=note,
    )
    return await _show(request, status, [shown])


async def _show(request: web.Request, status: int, entries: Sequence[Entry]) -> web.Response:
    if from_script(request):
        return part(request, "entries.html", entries=entries)
    return await page(request, "question.html", status, entries=entries)
