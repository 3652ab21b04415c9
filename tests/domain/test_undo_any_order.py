"""Whatever is decided and undone, in any order: it is as if only the rest had been decided."""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.decisions import (
    Block,
    Dismiss,
    IsNot,
    ItIs,
    Known,
    Name,
    NoFace,
    Outcome,
    Verdict,
    Visitor,
    answer,
    not_them,
)
from domain.doubts import settle
from domain.errors import InvalidError, NotAllowedError, UsherError
from domain.hand import Hand
from domain.journal import Journal
from domain.moving import Plan, carry_out, move_photos, shares_of
from domain.photos import Photo, choose_cover, drop, put_away, show_by
from domain.policy import DecisionPolicy, VisitPolicy
from domain.records import (
    Account,
    Card,
    Decision,
    Detection,
    Doubt,
    Id,
    Person,
    Question,
    QuestionStatus,
    Reference,
    Rejection,
    Visit,
)
from domain.splits import split
from domain.store import DetectionQuery, Records
from domain.undo import undo
from domain.views import visit_view
from storage.store import MongoStore
from tests.domain.test_gallery import gallery_of
from tests.domain.world import GAP, NOON, World

SECOND = timedelta(seconds=1)
NUMBERS = itertools.count(1)
TABLES = (
    *("sites", "cameras", "accounts", "persons", "references", "detections"),
    *("visits", "questions", "decisions", "rejections", "outbox"),
)
Label = str
MARKS: Mapping[str, Verdict] = {
    "visitor": Visitor(),
    "visitor until": Visitor(until=NOON + timedelta(days=1)),
    "block": Block(),
    "dismiss": Dismiss(),
    "no-face": NoFace(),
    "known": Known(),
}


@dataclass(kw_only=True)
class Cast:
    """A world with people, visits, photos and questions, each under a label of its own."""

    world: World
    ids: dict[Label, Id] = field(default_factory=dict)

    @property
    def labels(self) -> dict[Id, Label]:
        """Return what each record is called."""
        return {id_: label for label, id_ in self.ids.items()}

    def called(self, id_: Id | None) -> Label | None:
        """Return what a record is called."""
        return self.labels[id_] if id_ else None

    async def person(self, label: Label) -> Person:
        """Return somebody."""
        return await self.world.someone(self.ids[label])

    async def canonical(self, label: Label) -> Person:
        """Return who somebody turned out to be."""
        found = await self.world.store.persons.canonical(self.ids[label])
        assert found
        return found

    @property
    def accounts(self) -> tuple[Account, Account]:
        """Return the two who decide."""
        return self.world.maria, self.world.otto

    @property
    def people(self) -> list[Label]:
        """Return the labels of everybody."""
        return [label for label in self.ids if label[0] in "pm"]


async def furnish(store: MongoStore) -> Cast:
    """Make two people who are known and three strangers; everybody has come, and left photos."""
    world = await World.build(store, next(NUMBERS))
    world.policy = VisitPolicy(gap=GAP, announce_known=True)
    cast = Cast(world=world)
    anna, bob = await world.person("Anna"), await world.person("Bob")
    strangers = [await world.person() for _ in range(3)]
    for n, person in enumerate([anna, bob, *strangers]):
        cast.ids[f"p{n}"] = person.id
        [first] = await store.references.of([person.id])
        cast.ids[f"r{n}"] = first.id
        await store.references.save(replace(first, image_key=f"first {n}", quality=n / 100))
    await _doubt(cast, anna)
    maybe: list[list[Person]] = [[], [], [], [anna, bob], [strangers[0], bob, anna]]
    for n, person in enumerate([anna, bob, *strangers, anna]):
        world.now += 2 * GAP
        seen = await world.see(person, maybe=maybe[n % 5])
        cast.ids[f"v{n}"], cast.ids[f"d{n}"] = seen.visit.id, seen.crop.id
        twice = await world.see(person, maybe=maybe[n % 5], at=world.now + SECOND)
        cast.ids[f"d{n} later"] = twice.crop.id
        learnt = await _learn(world, seen.crop, person, (n + 1) / 10)
        cast.ids[f"r{n} seen"] = learnt.id
        key = seen.crop.image.key if person != anna else "odd"
        await store.persons.save(replace(await world.someone(person.id), cover=key))
    return cast


async def _doubt(cast: Cast, anna: Person) -> None:
    """Let one of Anna's photos, by which she is shown, be in doubt."""
    doubt = Doubt(at=NOON, distance=0.9, site_id=cast.world.site.id)
    kept = await cast.world.keep(anna, doubt=doubt, quality=0.9, image_key="odd")
    cast.ids["doubted"], cast.ids["d"] = kept.id, kept.detection_id


async def _learn(world: World, crop: Detection, person: Person, quality: float) -> Reference:
    """Keep the face of a crop."""
    made = world._reference(
        person,
        await world.store.gallery.advance(),
        detection_id=crop.id,
        image_key=crop.image.key,
        quality=quality,
    )
    await world.store.references.add(made)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A decision that was made, so that it can be made again where others were not.

    It is about the people it was about, whoever they would be taken for there.
    """

    number: int
    verb: str
    about: Label
    other: Label | None
    what: Label | None
    who: int
    given: Any
    decision: Decision

    @property
    def makes(self) -> bool:
        """Whether somebody was made by it."""
        return self.verb == "split" or (self.verb == "move" and self.given[2])


class Story:
    """What happens in one world, step by step."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.store = cast.world.store
        self.said: list[Said] = []
        self.undone: set[int] = set()
        self.shown: dict[Label, tuple[Any, list[int]]] = {}
        self.cards: dict[Label, tuple[Any, list[int]]] = {}

    async def say(self, verb: str, one: int, two: int, who: int) -> None:
        """Let somebody decide something, if it can be decided."""
        people = self.cast.people
        about, other = people[one % len(people)], people[two % len(people)]
        try:
            await self._say(verb, about, other, who)
        except UsherError:
            return

    async def _say(self, verb: str, about: Label, other: Label, who: int) -> None:
        what: Label | None = None
        match verb:
            case "name":
                given: Any = Name(f"Name {other}", another=True)
            case "it is":
                given = ItIs(self.cast.ids[other])
            case "not":
                await self._rule_out(about, who)
                return
            case "split":
                await self._split(about, other, who)
                return
            case "move":
                await self._move(about, other, who)
                return
            case "cover" | "drop":
                await self._say_of_photo(verb, about, other, who)
                return
            case "vouch" | "remove":
                decision = await settle(
                    self.store,
                    reference_id=self.cast.ids["doubted"],
                    theirs=verb == "vouch",
                    **self._by(who),
                )
                self._note(decision, verb, None, "doubted", who)
                return
            case _:
                given = MARKS[verb]
        outcome = await self._decide(about, given, who)
        self._note(outcome.decision, verb, given, what, who)

    def _by(self, who: int) -> dict[str, Any]:
        account = self.cast.accounts[who]
        return {"account": account, "via": "chat", "now": self.cast.world.now}

    async def _open(self, about: Label) -> Question | None:
        person = await self.cast.canonical(about)
        members = await self.store.persons.members(person.id)
        asked = sorted(await self.store.questions.open_of(members), key=lambda q: q.asked_at)
        return asked[0] if asked else None

    async def _decide(self, about: Label, given: Any, who: int) -> Outcome:
        """Answer a question if there is one, else decide without."""
        asked = await self._open(about)
        if asked:
            return await answer(self.store, question_id=asked.id, answer=given, **self._by(who))
        account = self.cast.accounts[who]
        return await self.cast.world.decide(given, await self.cast.person(about), account)

    async def _rule_out(self, about: Label, who: int) -> None:
        asked = await self._open(about)
        likely = (await visit_view(self.store, asked.visit_id)).likely if asked else ()
        if asked and likely:
            given = IsNot(likely[0].person.id)
            made = await answer(self.store, question_id=asked.id, answer=given, **self._by(who))
            self._note(made.decision, "not", given, None, who)

    async def _split(self, about: Label, other: Label, who: int) -> None:
        person = await self.cast.canonical(about)
        visits = await self.store.visits.of(await self.store.persons.members(person.id))
        ordered = sorted(visits, key=lambda v: self.cast.called(v.id) or "")
        if not ordered:
            return
        visit = ordered[len(other) % len(ordered)]
        made = await not_them(self.store, visit_id=visit.id, **self._by(who))
        self.cast.ids[f"made {len(self.said)}"] = made.person.id
        self._note(made.decision, "split", None, self.cast.called(visit.id), who)

    async def _crops(self, about: Label) -> list[Label]:
        """Return somebody's own crops."""
        person = await self.cast.canonical(about)
        labels = [label for label in self.cast.ids if label[0] == "d" and label != "doubted"]
        there = await self.store.detections.some([self.cast.ids[label] for label in labels])
        mine = {id_ for id_, crop in there.items() if crop.person_id == person.id}
        return sorted(label for label in labels if self.cast.ids[label] in mine)

    async def _move(self, about: Label, other: Label, who: int) -> None:
        """Move one or two photos to the other; to somebody new, where that is the same person."""
        crops, person = await self._crops(about), await self.cast.canonical(about)
        target = await self.cast.canonical(other)
        first = len(other + about) % max(1, len(crops))
        chosen = crops[first : first + 1 + len(self.said) % 3]
        made = await move_photos(
            self.store,
            person_id=person.id,
            photos=[self.cast.ids[label] for label in chosen],
            target_id=target.id if target != person else None,
            apart=bool(len(self.said) % 2),
            **self._by(who),
        )
        if target == person:
            self.cast.ids[f"made {len(self.said)}"] = made.person.id
        given = (chosen, bool(len(self.said) % 2), target == person)
        self._note(made.decision, "move", given, None, who)

    async def _say_of_photo(self, verb: str, about: Label, other: Label, who: int) -> None:
        crops = await self._crops(about)
        if crops:
            what = crops[len(other + about) % len(crops)]
            say = choose_cover if verb == "cover" else drop
            person_id, photo = (await self.cast.canonical(about)).id, self.cast.ids[what]
            made = await say(self.store, person_id=person_id, photo=photo, **self._by(who))
            self._note(made, verb, None, what, who)

    def _note(
        self, decision: Decision, verb: str, given: Any, what: Label | None, who: int
    ) -> None:
        self.said.append(
            Said(
                number=len(self.said),
                verb=verb,
                about=self.cast.called(decision.person_id) or "",
                other=self.cast.called(decision.target_id),
                what=what,
                who=who,
                given=given,
                decision=decision,
            )
        )

    async def undo(self, number: int, who: int) -> None:
        """Let somebody undo one of the decisions."""
        left = [s for s in self.said if s.number not in self.undone]
        if not left:
            return
        said = left[number % len(left)]
        if said.makes and await self._means_nothing(said, left):
            return
        try:
            await undo(
                self.store,
                decision_id=said.decision.id,
                policy=DecisionPolicy(),
                **self._by(who),
            )
        except NotAllowedError:
            return  # by now the person was never at a site of theirs
        self.undone.add(said.number)
        before, self.shown = self.shown, await self._shown()
        for visit, (shown, revisions) in self.shown.items():
            was, earlier = before[visit]
            if was == self.cards[visit][0] and shown != was:
                assert all(new > old for new, old in zip(revisions, earlier, strict=True)), visit

    async def look(self) -> None:
        """Note what the cards show that have been told of something new."""
        self.shown = await self._shown()
        for visit, (shown, revisions) in self.shown.items():
            if visit not in self.cards or self.cards[visit][1] != revisions:
                self.cards[visit] = shown, revisions

    async def _means_nothing(self, said: Said, left: Sequence[Said]) -> bool:
        """Tell whether later words about the person a split made would mean nothing without it.

        Whom they are about then is a matter of taste; what becomes of them has tests of its own.
        """
        made = await self.cast.person(said.about)
        pointed_at = any(s.other == said.about for s in left)
        original = next(c for c in said.decision.changes if c.id == made.id).before["merged_into"]
        around = await self.store.persons.canonical(original)
        return bool(pointed_at and made.merged_into) or around == made

    async def _shown(self) -> dict[Label, tuple[Any, list[int]]]:
        """Return what the cards of each visit show, and their revisions."""
        found: dict[Label, tuple[Any, list[int]]] = {}
        for label, id_ in self.cast.ids.items():
            if label[0] != "v":
                continue
            view = await visit_view(self.store, id_)
            cards = sorted(await self.store.outbox.of_visit(id_), key=lambda c: c.chat_id)
            shown = (
                view.person.label,
                view.asked,
                view.decision and view.decision.id,
                view.asked and view.supposed and view.supposed.person.label,
                [one.person.label for one in view.likely] if view.asked else [],
                [card.kind for card in cards],
            )
            found[label] = (shown, [card.revision for card in cards])
        return found


class Again:
    """Says again, in a world where nothing has been said, what was not undone in another."""

    def __init__(self, cast: Cast, story: Story) -> None:
        self.cast = cast
        self.story = story
        self.numbers: dict[Id, int] = {}

    async def tell(self) -> None:
        """Say it all, in order."""
        for said in self.story.said:
            if said.number in self.story.undone or said.about not in self.cast.ids:
                if said.makes and said.number not in self.story.undone:
                    await self._say(said)
                continue
            await self._say(said)

    async def _say(self, said: Said) -> None:
        world = self.cast.world
        world.now = said.decision.at
        other = await self._other(said) if said.other else None
        if said.verb in {"vouch", "remove"}:
            made = await settle(
                world.store,
                reference_id=self.cast.ids["doubted"],
                theirs=said.verb == "vouch",
                account=self.cast.accounts[said.who],
                via="chat",
                now=world.now,
            )
            self.numbers[made.id] = said.number
            return
        if said.verb in {"cover", "drop"}:
            await world.store.transact(lambda records: self._say_of_photo(records, said))
            return
        if said.verb == "it is" and other and other.id == self.cast.ids[said.about]:
            return
        outcome = await world.store.transact(lambda records: self._play(records, said, other))
        self.numbers[outcome.decision.id] = said.number
        if said.makes:
            self.cast.ids[said.about] = outcome.person.id

    async def _say_of_photo(self, records: Records, said: Said) -> None:
        person = await records.persons.get(self.cast.ids[said.about])
        crop = await records.detections.get(self.cast.ids[said.what or ""])
        assert person
        assert crop
        there = await records.references.of(await records.persons.members(person.id))
        in_use = tuple(r for r in there if r.retired is None)
        photo = Photo(crop=crop, person=person, references=in_use)
        account, now = self.cast.accounts[said.who], self.cast.world.now
        journal = Journal(records, account=account, via="chat", now=now)
        with suppress(InvalidError):
            if said.verb == "cover":
                await show_by(records, journal, photo)
            else:
                await put_away(records, journal, photo, now)

    async def _other(self, said: Said) -> Person:
        """Return whom something was said of; instead of one never made, whom they are part of."""
        label = said.other or ""
        while label not in self.cast.ids:
            split = next(s for s in self.story.said if s.about == label and s.makes)
            id_ = self.story.cast.ids[label]
            change = next(c for c in split.decision.changes if c.id == id_)
            label = self.story.cast.called(change.before["merged_into"]) or ""
        if label != said.other:
            return await self.cast.canonical(label)
        return await self.cast.person(label)

    async def _play(self, records: Records, said: Said, other: Person | None) -> Outcome:
        account, now = self.cast.accounts[said.who], self.cast.world.now
        if said.verb == "split":
            assert other
            visit = await records.visits.get(self.cast.ids[said.what or ""])
            assert visit
            journal = Journal(records, account=account, via="chat", now=now)
            return await split(records, visit=visit, taken_for=other, journal=journal, now=now)
        if said.verb == "move":
            assert other
            return await self._move(records, said, other)
        given = said.given
        if isinstance(given, ItIs | IsNot):
            assert other
            given = replace(given, person_id=other.id)
        person = await records.persons.get(self.cast.ids[said.about])
        assert person
        assert person.merged_into is None
        hand = Hand(records, question=None, person=person, account=account, via="chat", now=now)
        return await hand.play(given)

    async def _move(self, records: Records, said: Said, other: Person) -> Outcome:
        labels, apart, makes = said.given
        there = await records.detections.some([self.cast.ids[label] for label in labels])
        crops = sorted(there.values(), key=lambda crop: crop.id)
        target = None if makes else await records.persons.get(self.cast.ids[said.about])
        plan = Plan(
            person=other,
            crops=tuple(crops),
            shares=await shares_of(records, crops),
            references=(),
            left=0,
        )
        account, now = self.cast.accounts[said.who], self.cast.world.now
        journal = Journal(records, account=account, via="chat", now=now)
        return await carry_out(records, plan, target, journal=journal, apart=apart, now=now)


async def state(
    cast: Cast, numbers: Mapping[Id, int], people: Sequence[Label], moved: set[Label]
) -> dict[Label, Any]:
    """Return all that is remembered of these people, under labels.

    How often somebody had come, and whether the visit goes on, are as they were found when a visit
    was `moved`.
    """
    found = dict[Label, Any]()
    for label in people:
        found[label] = await _person(cast, label)
    for label, id_ in cast.ids.items():
        match label[0]:
            case "v":
                found[label] = await _visit(cast, numbers, id_, loose=label in moved)
            case "d" if label != "doubted":
                found[label] = await _crop(cast, id_)
            case "r" | "d":
                found[label] = await _reference(cast, id_)
            case _:
                pass
    found["apart"] = await _apart(cast)
    return found


async def _crop(cast: Cast, id_: Id) -> Any:
    """Return whose a crop is, and with which others it is in a visit, of whom."""
    crop = await cast.world.store.detections.get(id_)
    assert crop
    if crop.visit_id is None:
        return cast.called(crop.person_id), None
    visit = await cast.world.store.visits.get(crop.visit_id)
    together = await cast.world.store.detections.page(DetectionQuery(visit_id=crop.visit_id))
    assert visit
    with_it = {cast.called(other.id) for other in together}
    facts = visit.opened_at, visit.last_seen_at, visit.detections, visit.best.quality
    return cast.called(crop.person_id), with_it, cast.called(visit.person_id), facts


async def _person(cast: Cast, label: Label) -> Any:
    person, canonical = await cast.person(label), await cast.canonical(label)
    marks = (person.name, person.status, person.visitor, person.visitor_until, person.no_face)
    shown = person.cover and (cast.labels.get(Id(person.cover[-24:])) or person.cover)
    where = person.last_seen_at, [site == cast.world.site.id for site in person.site_ids]
    return marks, cast.called(canonical.id), shown, where


async def _reference(cast: Cast, id_: Id) -> Any:
    reference = await cast.world.store.references.get(id_)
    assert reference
    retired = reference.retired and reference.retired.reason
    return cast.called(reference.person_id), retired, reference.vouched, reference.doubted


async def _visit(cast: Cast, numbers: Mapping[Id, int], id_: Id, *, loose: bool) -> Any:
    store = cast.world.store
    visit = await store.visits.get(id_)
    question = await store.questions.of_visit(id_)
    assert visit
    withdrawn = question and question.status is QuestionStatus.WITHDRAWN
    asked = None
    if question and not withdrawn:
        decided = numbers[question.decision_id] if question.decision_id else None
        about = cast.called(question.person_id)
        asked = (question.status, question.kind, about, decided, question.decided_at)
    view = await visit_view(store, id_)
    likely = [cast.called(one.person.id) for one in view.likely]
    supposed = view.supposed and cast.called(view.supposed.person.id)
    kept = visit.confidence, visit.detections, visit.best.quality
    counted = None if loose else (visit.ordinal, visit.open)
    who = cast.called(visit.person_id), cast.called(view.person.id)
    return (
        who,
        kept,
        counted,
        asked,
        likely,
        supposed,
        await _cards(cast, visit, withdrawn=bool(withdrawn)),
    )


async def _cards(cast: Cast, visit: Visit, *, withdrawn: bool) -> Any:
    """Return the cards of a visit; one dealt for a question that was withdrawn shows a name."""

    def shown(card: Card) -> bool:
        return not (withdrawn and card.question_id)

    cards = filter(shown, await cast.world.cards(visit))
    return [(card.kind, bool(card.question_id)) for card in cards]


async def _apart(cast: Cast) -> set[frozenset[Label | None]]:
    """Return who is said to be two."""
    people = [id_ for label, id_ in cast.ids.items() if label in cast.people]
    rejections = await cast.world.store.rejections.of(people)

    async def label(id_: Id) -> Label | None:
        found = await cast.world.store.persons.canonical(id_)
        return cast.called(found.id) if found else None

    async def pair(rejection: Rejection) -> frozenset[Label | None]:
        return frozenset([await label(rejection.person_id), await label(rejection.other_id)])

    return {await pair(rejection) for rejection in rejections}


VERBS = ["name", "it is", "not", "split", "vouch", "remove", "cover", "drop", *MARKS]
ONE = st.integers(0, 7)
SAYING = st.tuples(
    st.sampled_from([*VERBS, "it is", "split", "not", "move", "move", "move"]),
    ONE,
    ONE,
    st.integers(0, 1),
)
UNDOING = st.tuples(st.just("undo"), ONE, ONE, st.integers(0, 1))
STEPS = st.lists(st.one_of(SAYING, SAYING, UNDOING), min_size=2, max_size=14)


@pytest.mark.timeout(300)
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
async def test_as_if_it_had_never_been_said(
    store: MongoStore, steps: list[tuple[str, int, int, int]]
) -> None:
    """Two people decide and undo: the state is that of a world where the undone was never said.

    Each copy of the gallery that followed step by step is like one that starts anew, and every
    card that shows something else after an undo has been told so.
    """
    await clear(store)
    story = Story(await furnish(store))
    live = gallery_of(story.cast.world)
    await story.look()
    for verb, one, two, who in steps:
        story.cast.world.now += SECOND
        if verb == "undo":
            await story.undo(one, who)
        else:
            await story.say(verb, one, two, who)
        await live.refresh()
        await story.look()
    anew = gallery_of(story.cast.world)
    await anew.refresh()
    for id_ in live._people:
        assert set(live.members(id_)) == set(anew.members(id_))
        assert {r.id for r in live.references(id_)} == {r.id for r in anew.references(id_)}
    assert live._rejected == anew._rejected
    again = Again(await furnish(store), story)
    await again.tell()
    numbers = {said.decision.id: said.number for said in story.said}
    people = again.cast.people
    moves = [label for said in story.said if said.verb == "move" for label in said.given[0]]
    moved = {f"v{label[1]}" for label in moves if label != "d"}
    is_, should_be = [
        await state(story.cast, numbers, people, moved),
        await state(again.cast, again.numbers, people, moved),
    ]
    wrong = {key: (is_[key], should_be[key]) for key in should_be if is_[key] != should_be[key]}
    assert not wrong, wrong


async def clear(store: MongoStore) -> None:
    """Let nothing be left of the last example."""
    for name in TABLES:
        await store._database[name].delete_many({})
