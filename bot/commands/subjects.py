"""Everything that can be asked for."""

from bot.commands import deciding, expect, mine, pending, people, person, status, today, undo, who
from bot.commands.add import Adding
from bot.commands.buttons import Do
from bot.commands.counter import Counter, Reply, Subject
from bot.commands.errands import Errands
from bot.commands.help import Help
from bot.desk import Desk
from domain.records import ErrandKind

SUBJECTS = (
    today.SUBJECT,
    pending.SUBJECT,
    who.SUBJECT,
    people.SUBJECT,
    person.SUBJECT,
    deciding.SUBJECT,
    expect.SUBJECT,
    mine.SUBJECT,
    undo.SUBJECT,
    status.SUBJECT,
)
NAMES = frozenset(name for subject in SUBJECTS for name in subject.commands) | {"add", "help"}


def counter(desk: Desk, reply: Reply) -> Counter:
    """Return the counter where all of it is asked for; other replies are for `reply`."""
    adding = Adding()
    add = Subject(
        commands={"add": adding.add},
        taps={
            Do.AT: adding.at_site,
            Do.TO: adding.to,
            Do.ANOTHER: adding.another,
            Do.TOLD: adding.told,
            Do.DONE: adding.done,
        },
    )
    errands = Errands(
        replies={
            ErrandKind.ADD: adding.named,
            ErrandKind.RENAME: deciding.renamed,
            ErrandKind.MERGE: deciding.named,
        },
        photos={ErrandKind.ADD: adding.photo},
        look=who.say_who,
    )
    help_ = Subject(commands={"help": Help(NAMES).help})
    return Counter(desk, (*SUBJECTS, add, help_), errands, reply)
