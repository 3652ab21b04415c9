"""Everything that can be asked for."""

from bot.commands import pending, people, person, status, today
from bot.commands.counter import Counter, Subject
from bot.commands.help import Help
from bot.desk import Desk

SUBJECTS = (today.SUBJECT, pending.SUBJECT, people.SUBJECT, person.SUBJECT, status.SUBJECT)
NAMES = frozenset(name for subject in SUBJECTS for name in subject.commands) | {"help"}


def counter(desk: Desk) -> Counter:
    """Return the counter where all of it is asked for."""
    return Counter(desk, (*SUBJECTS, Subject(commands={"help": Help(NAMES).help})))
