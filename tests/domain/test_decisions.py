"""What managers decide is done once, as a whole, and written into the journal."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.decisions import (
    Block,
    Dismiss,
    IsNot,
    ItIs,
    Known,
    Name,
    NoFace,
    Verdict,
    Visitor,
    clean_name,
)
from domain.errors import (
    AlreadyDecidedError,
    InvalidError,
    NameTakenError,
    NotAllowedError,
    NotFoundError,
    UsherError,
)
from domain.ids import new_id
from domain.records import PersonStatus, Question, QuestionKind, QuestionStatus, Role
from domain.views import visit_view
from tests.domain.world import GAP, World


async def test_name_makes_somebody_known(world: World) -> None:
    """The person has the name, the question is answered, and the journal says who said it."""
    seen = await world.see()
    outcome = await world.say(Name("  Anna\n Lee "), seen.question)
    anna = await world.someone(seen.person.id)
    assert (anna.name, anna.status, anna.label) == ("Anna Lee", PersonStatus.KNOWN, "Anna Lee")
    assert outcome.person.id == anna.id
    assert seen.question
    question = await world.store.questions.get(seen.question.id)
    assert question
    assert (question.status, question.decision_id) == (
        QuestionStatus.ANSWERED,
        outcome.decision.id,
    )
    made = await world.store.decisions.get(outcome.decision.id)
    assert made
    assert (made.account_name, made.via, made.verb, made.name) == (
        "Maria",
        "chat",
        "name",
        "Anna Lee",
    )


async def test_journal_keeps_what_was_before(world: World) -> None:
    """With it the decision can be undone: each changed field stands there, before and after."""
    seen = await world.see()
    outcome = await world.say(Name("Anna"), seen.question)
    [change] = outcome.decision.changes
    assert (change.collection, change.id) == ("persons", seen.person.id)
    assert change.before["name"] is None
    assert change.before["status"] == PersonStatus.UNKNOWN
    assert change.after["name"] == "Anna"
    assert replace(outcome.person, **change.before) == seen.person


@pytest.mark.parametrize(
    ("given", "status", "label"),
    [
        (Visitor(), PersonStatus.KNOWN, "Visitor 1"),
        (Block(), PersonStatus.BLOCKED, "Stranger 1"),
        (Dismiss(), PersonStatus.DISMISSED, "Stranger 1"),
        (NoFace(), PersonStatus.DISMISSED, "Not a face 1"),
    ],
)
async def test_other_answers_mark_the_person(
    world: World, given: Verdict, status: PersonStatus, label: str
) -> None:
    """Each answer has its status; all cards of the visit have something new to show."""
    seen = await world.see()
    before = [card.revision for card in await world.cards(seen.visit)]
    outcome = await world.say(given, seen.question)
    assert (outcome.person.status, outcome.person.label) == (status, label)
    after = [card.revision for card in await world.cards(seen.visit)]
    assert after == [revision + 1 for revision in before]


async def test_first_answer_counts_and_the_second_is_told(world: World) -> None:
    """Of two answers at once one counts; the other hears who was first and changes nothing."""
    seen = await world.see()
    results = await asyncio.gather(
        world.say(Name("Anna"), seen.question, world.maria),
        world.say(Block(), seen.question, world.otto),
        return_exceptions=True,
    )
    told = [r for r in results if isinstance(r, AlreadyDecidedError)]
    made = [r for r in results if not isinstance(r, BaseException)]
    assert [len(told), len(made)] == [1, 1]
    assert told[0].decision == made[0].decision
    assert await world.store.decisions.of([seen.person.id]) == [made[0].decision]


async def test_name_of_somebody_known_asks_back(world: World) -> None:
    """Whatever its case; with `another` it is a second person of the name."""
    anna = await world.person("Anna")
    seen = await world.see()
    with pytest.raises(NameTakenError) as caught:
        await world.say(Name("ANNA"), seen.question)
    assert caught.value.person_ids == (anna.id,)
    assert (await world.someone(seen.person.id)).name is None
    assert seen.question
    still = await world.store.questions.get(seen.question.id)
    assert still == seen.question
    outcome = await world.say(Name("Anna", another=True), seen.question)
    assert outcome.person.id != anna.id


async def test_it_is_somebody_merges_by_a_pointer(world: World) -> None:
    """The stranger becomes Anna; their record stays, so that it can be taken back."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    outcome = await world.say(ItIs(anna.id), seen.question)
    assert outcome.person.id == anna.id
    stranger = await world.someone(seen.person.id)
    assert stranger.merged_into == anna.id
    assert (stranger.number, stranger.status) == (seen.person.number, PersonStatus.UNKNOWN)
    assert set(await world.store.persons.members(anna.id)) == {anna.id, stranger.id}
    assert [p.id for p in await world.store.persons.page()] == [anna.id]


async def test_it_is_somebody_who_turned_out_to_be_somebody(world: World) -> None:
    """A pointer leads to who they are by now, never in a circle."""
    anna = await world.person("Anna")
    first, second = await world.see(), await world.see()
    await world.say(ItIs(anna.id), first.question)
    outcome = await world.say(ItIs(first.person.id), second.question)
    assert outcome.person.id == anna.id
    again = await world.see(anna)
    assert again.visit.id in {first.visit.id, second.visit.id}
    third = await world.see()
    with pytest.raises(InvalidError):
        await world.say(ItIs(third.person.id), third.question)
    with pytest.raises(NotFoundError):
        await world.say(ItIs(new_id()), third.question)


async def test_no_is_remembered_and_asked_on(world: World) -> None:
    """A cannot-link is kept, the question goes on as "who?", and that button is used up."""
    anna, bob = await world.person("Anna"), await world.person("Bob")
    seen = await world.see(maybe=[anna, bob])
    assert seen.question
    assert seen.question.kind is QuestionKind.CONFIRM
    await world.say(IsNot(anna.id), seen.question)
    [rejection] = await world.store.rejections.of([seen.person.id])
    assert {rejection.person_id, rejection.other_id} == {seen.person.id, anna.id}
    assert await world.store.questions.get(seen.question.id) == seen.question
    view = await visit_view(world.store, seen.visit.id)
    assert (view.asked, view.supposed) == (True, None)
    assert [one.person for one in view.likely] == [bob]
    with pytest.raises(AlreadyDecidedError) as caught:
        await world.say(ItIs(anna.id, offered=True), seen.question)
    assert caught.value.decision
    assert caught.value.decision.verb == "reject"
    with pytest.raises(AlreadyDecidedError):
        await world.say(IsNot(anna.id), seen.question, world.otto)


async def test_later_word_counts(world: World) -> None:
    """Said not to be Anna, and chosen as Anna after all: the cannot-link is withdrawn."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    await world.say(IsNot(anna.id), seen.question)
    outcome = await world.say(ItIs(anna.id), seen.question)
    assert outcome.person.id == anna.id
    assert await world.store.rejections.of([seen.person.id]) == []
    assert {c.collection for c in outcome.decision.changes} == {"persons", "rejections"}


async def test_a_question_means_who_is_likeliest_or_nobody(world: World) -> None:
    """Ruled out, through whomever they have been merged into, it means nobody instead."""
    anna, bob = await world.person("Anna"), await world.person("Bob")
    twin, seen = await world.see(), await world.see(maybe=[anna, bob])
    supposed = (await visit_view(world.store, seen.visit.id)).supposed
    assert supposed
    assert supposed.person == anna
    await world.say(ItIs(seen.person.id), twin.question)
    await world.say(IsNot(anna.id), seen.question)
    lee = await world.person("Anna Lee")
    await world.decide(ItIs(lee.id), anna, replace(world.maria, role=Role.ADMIN))
    view = await visit_view(world.store, seen.visit.id)
    assert (view.supposed, [one.person for one in view.likely]) == (None, [bob])


async def test_the_answer_says_how_much_it_corrects(world: World) -> None:
    """Named or merged, what was seen before this visit is theirs; the visit itself is no news."""
    anna, other = await world.see(), await world.see()
    await world.see(other.person)
    world.now += timedelta(hours=1)
    back, again = await world.see(anna.person), await world.see(other.person)
    assert (await world.say(Name("Anna"), back.question)).corrected == 1
    assert (await world.say(ItIs(anna.person.id), again.question)).corrected == 2
    assert (await world.decide(Name("Anna Lee"), anna.person)).corrected == 5


async def test_a_visitor_is_asked_about_again_when_their_time_is_over(world: World) -> None:
    """Until then they come and go; afterwards the next visit asks; a name ends the matter."""
    seen = await world.see()
    outcome = await world.say(Visitor(until=world.now + timedelta(hours=1)), seen.question)
    assert outcome.person.visitor_until == world.now + timedelta(hours=1)
    world.now += timedelta(minutes=59)
    assert (await world.see(outcome.person)).question is None
    world.now += timedelta(minutes=1) + 2 * GAP
    again = await world.see(outcome.person)
    assert again.question
    assert again.question.status is QuestionStatus.OPEN
    named = await world.say(Name("Anna"), again.question)
    assert (named.person.visitor, named.person.lapsed(world.now)) == (False, False)


async def test_people_are_decided_about_without_a_question(world: World) -> None:
    """Named, renamed, blocked and let in again by whoever answers for a site they were at."""
    seen = await world.see()
    await world.decide(Name("Ana"), seen.person)
    assert seen.question
    closed = await world.store.questions.get(seen.question.id)
    assert closed
    assert closed.status is QuestionStatus.ANSWERED
    renamed = await world.decide(Name("anna"), seen.person, world.otto)
    assert (renamed.person.name, renamed.decision.account_name) == ("anna", "Otto")
    assert (await world.decide(Name("Anna"), seen.person)).person.name == "Anna"
    assert (await world.decide(Block(), seen.person)).person.status is PersonStatus.BLOCKED
    assert (await world.decide(Known(), seen.person)).person.status is PersonStatus.KNOWN


async def test_people_are_decided_about_where_they_were_seen(world: World) -> None:
    """Managers of other sites may not, admins may everywhere; who is merged counts as well."""
    seen, away = await world.see(), await world.person("Anna")
    elsewhere = replace(world.otto, site_ids=(new_id(),))
    with pytest.raises(NotAllowedError):
        await world.decide(Block(), seen.person, elsewhere)
    with pytest.raises(NotAllowedError):
        await world.decide(Block(), away)
    await world.decide(Block(), away, replace(elsewhere, role=Role.ADMIN))
    await world.say(ItIs(away.id), seen.question)
    outcome = await world.decide(Known(), seen.person)
    assert outcome.person.id == away.id
    with pytest.raises(NotFoundError):
        await world.decide(Block(), replace(away, id=new_id()))


async def test_every_decision_reaches_the_galleries(world: World) -> None:
    """Each that changes who is who advances the version and comes with it."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    for given in (IsNot(anna.id), ItIs(anna.id)):
        version = await world.store.gallery.version()
        await world.say(given, seen.question)
        changes = await world.store.gallery.since(version, "test")
        assert changes.version > version
        assert changes.rejections or changes.persons


async def test_answer_to_an_older_card_reaches_the_newer_question(world: World) -> None:
    """While Maria types the stranger comes again: her answer is for the question that is open."""
    first = await world.see()
    world.now += 2 * GAP
    second = await world.see(first.person)
    assert second.question
    assert first.question
    older = await world.store.questions.get(first.question.id)
    assert older
    assert older.status is QuestionStatus.SUPERSEDED
    outcome = await world.say(Name("Anna"), first.question)
    assert outcome.decision.question_id == second.question.id
    newer = await world.store.questions.get(second.question.id)
    assert newer
    assert newer.status is QuestionStatus.ANSWERED


@pytest.mark.parametrize("who", ["viewer", "elsewhere", "revoked"])
async def test_who_may_not_answer_cannot(world: World, who: str) -> None:
    """Viewers, managers of other sites and closed accounts change nothing."""
    seen = await world.see()
    account = {
        "viewer": replace(world.otto, role=Role.VIEWER),
        "elsewhere": replace(world.otto, site_ids=(new_id(),)),
        "revoked": replace(world.otto, revoked_at=world.now),
    }[who]
    with pytest.raises(NotAllowedError):
        await world.say(Name("Anna"), seen.question, account)
    assert seen.question
    assert await world.store.questions.get(seen.question.id) == seen.question


async def test_unknown_question_is_said(world: World) -> None:
    """There is no such question."""
    seen = await world.see()
    assert seen.question
    ghost: Question = replace(seen.question, id=new_id())
    with pytest.raises(NotFoundError):
        await world.say(Dismiss(), ghost)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Anna", "Anna"),
        ("  Anna \t Lee\n", "Anna Lee"),
        ("Ann\x00a\u202e", "Ann a"),
        ("x" * 80, "x" * 80),
        ("Zoë 王", "Zoë 王"),
    ],
)
def test_name_is_kept_on_one_line(text: str, name: str) -> None:
    """Spaces are single, control characters gone, everything else stays."""
    assert clean_name(text) == name


@pytest.mark.parametrize("text", ["", "  \n", "\x00\u200b", "x" * 81])
def test_name_that_is_none_is_refused(text: str) -> None:
    """Nothing left, or too long."""
    with pytest.raises(UsherError):
        clean_name(text)
