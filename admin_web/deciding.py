"""Deciding about people without a question, and taking decisions back."""

from aiohttp import web

from admin_web.answering import check_target, read_verdict, text
from admin_web.cards import card
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE, VIA
from admin_web.person import person_asked, show_page
from admin_web.rendering import from_script, part
from admin_web.words import staying
from domain import decisions
from domain.errors import AlreadyDecidedError, InvalidError, NameTakenError, NotFoundError
from domain.ids import parse_id
from domain.records import Id, Person
from domain.sight import seen_question
from domain.undo import may_undo, undo


async def answer_person(request: web.Request) -> web.StreamResponse:
    """Rename somebody, say who they are, block them, let them in or ask no more; show them."""
    form = await request.post()
    person = await person_asked(request)
    try:
        given = read_verdict(request, form)
        if isinstance(given, decisions.ItIs):
            await check_target(request, given.person_id, text(form, "name"))
        outcome = await decisions.decide(
            request.app[STORE],
            person_id=person.id,
            answer=given,
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
        )
    except NameTakenError as error:
        taken = [Id(id_) for id_ in error.person_ids]
        return await show_page(request, person, 409, name=error.name, taken=taken)
    except InvalidError as error:
        return await show_page(request, person, 400, note=str(error))
    raise web.HTTPSeeOther(f"/people/{outcome.person.id}?done={outcome.decision.id}")


async def split_visit(request: web.Request) -> web.StreamResponse:
    """Say that a visit was not of whom it was taken for; show the question about it."""
    store, account = request.app[STORE], request[ACCOUNT]
    visit = await store.visits.get(parse_id(request.match_info["id"]))
    if visit is None or not account.may_see(visit.site_id):
        raise NotFoundError("There is no such visit.")
    form = await request.post()
    shown = text(form, "person")
    try:
        await decisions.not_them(
            store,
            visit_id=visit.id,
            account=account,
            via=VIA,
            now=request.app[CLOCK](),
            person_id=parse_id(shown) if shown else None,
        )
    except AlreadyDecidedError:
        person = await store.persons.canonical(visit.person_id)
        return await _show_again(request, person, "Somebody said something else before you.")
    asked = await store.questions.of_visit(visit.id)
    raise web.HTTPSeeOther(f"/questions/{asked.id}" if asked else "/")


async def _show_again(request: web.Request, person: Person | None, note: str) -> web.Response:
    if person is None:
        raise NotFoundError("There is no such person.")
    return await show_page(request, person, 409, note=note)


async def undo_decision(request: web.Request) -> web.StreamResponse:
    """Take a decision back; show the question again, or the person with what stays as it is."""
    store, account = request.app[STORE], request[ACCOUNT]
    decision = await store.decisions.get(parse_id(request.match_info["id"]))
    if decision is None or not await may_undo(store, decision, account):
        raise NotFoundError("There is no such decision.")
    try:
        undone = await undo(
            store,
            decision_id=decision.id,
            account=account,
            via=VIA,
            now=request.app[CLOCK](),
            policy=request.app[OPTIONS].decisions,
        )
    except InvalidError as error:
        if not from_script(request):
            raise
        return await _show_card(request, str(error))
    if from_script(request):
        kept = {undone.kept_with.id: undone.kept_with} if undone.kept_with else {}
        return await _show_card(request, f"Undone. {staying(undone.decision, kept)}".strip())
    if undone.person.forgotten_at:
        raise web.HTTPSeeOther("/enrol?undone")
    raise web.HTTPSeeOther(f"/people/{undone.person.id}/journal")


async def _show_card(request: web.Request, note: str) -> web.Response:
    """Show the card on which Undo was pressed, as it is by now."""
    store, account = request.app[STORE], request[ACCOUNT]
    asked = parse_id(text(await request.post(), "question"))
    question = await seen_question(store, account, asked)
    return part(request, "card.html", card=await card(store, account, question, note=note))
