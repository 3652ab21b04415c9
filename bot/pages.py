"""The pages of a card on which one turns from question to question."""

from dataclasses import dataclass, replace

from markupsafe import Markup

from bot.buttons import Button, Press, Verb
from bot.cards import Content
from bot.tongue import Tongue
from bot.words import lines
from domain.records import Id, Menu


@dataclass(frozen=True, slots=True)
class Turned:
    """Which of the open questions a pager shows, oldest first; none are left at the end.

    `menu` is what is open on the page.
    """

    questions: tuple[Id, ...] = ()
    shown: Id | None = None
    menu: Menu | None = None

    @property
    def place(self) -> int:
        """Return the place of the one shown, from 0."""
        return self.questions.index(self.shown) if self.shown else 0


def with_pages(content: Content, turned: Turned, t: Tongue, *, asked: bool) -> Content:
    """Return a card with a row to turn pages by; at the end, say that all are answered.

    At the end its last question may still be `asked`: it was put off, and comes again.
    """
    if turned.shown is None:
        said = t("No other question waits.") if asked else t("All questions are answered.")
        return replace(content, html=lines(content.html, said))
    if len(turned.questions) == 1:
        return content
    return replace(content, rows=(*content.rows, _row(turned)))


def _row(turned: Turned) -> tuple[Button, ...]:
    questions, place = turned.questions, turned.place
    count = len(questions)
    return (
        Button(Markup("◀"), _page(questions[place - 1])),
        Button(Markup("{}/{}").format(place + 1, count), _page(questions[place])),
        Button(Markup("▶"), _page(questions[(place + 1) % count])),
    )


def _page(question_id: Id) -> Press:
    return Press(verb=Verb.PAGE, id=question_id)
