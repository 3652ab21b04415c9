"""Writing down what a chat shows, as people would tell it. Pure, and the same every time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from demo.botapi.views import Answer, ChatMessage

MARGIN = "  | "


@dataclass(frozen=True, slots=True)
class News:
    """A message that came, changed or went, as it is told."""

    head: str
    lines: tuple[str, ...] = ()


def told(message: ChatMessage, before: ChatMessage | None, topics: Mapping[int, str]) -> News:
    """Return what there is to say of a message that is new or is not as it was."""
    if message.deleted:
        return News(f"takes away: {_first_line(message)}")
    marks = [*_place(message, topics), *_marks(message, before)]
    head = " ".join(["writes" if before is None else "now shows", *(f"({m})" for m in marks)])
    return News(head, (*message.text.splitlines(), *_rows(message)))


def told_toast(answer: Answer) -> list[str]:
    """Return what a press was answered with; one that waits for OK is marked."""
    if not answer.text:
        return []
    return [f"  -> {answer.text}{' (wait for OK)' if answer.show_alert else ''}"]


def together(news: Iterable[tuple[str, News]]) -> list[str]:
    """Return the news of several chats; what two of them show alike is written once."""
    to: dict[News, list[str]] = {}
    for chat, one in news:
        to.setdefault(one, []).append(chat)
    said: list[str] = []
    for one, chats in to.items():
        said += ["", f"Usher {_to(one.head, chats)}", *(MARGIN + line for line in one.lines)]
    return [line.rstrip() for line in said]


def _to(head: str, chats: Sequence[str]) -> str:
    """Return "writes to Maria and Otto (photo)"."""
    verb, _, rest = head.partition(" (") if not head.startswith("takes") else (head, "", "")
    whom = " and ".join(dict.fromkeys(chats))
    if head.startswith("takes"):
        return head.replace("takes away:", f"takes away from {whom}:")
    to = f"{verb} {'to ' if verb == 'writes' else ''}{whom}"
    return f"{to} ({rest}" if rest else to


def _place(message: ChatMessage, topics: Mapping[int, str]) -> list[str]:
    topic = topics.get(message.thread_id or 0)
    return [f"in {topic}"] if topic else []


def _marks(message: ChatMessage, before: ChatMessage | None) -> list[str]:
    marks = []
    if message.photo:
        marks.append("album" if message.media_group_id else "photo")
    if before and message.photo != before.photo:
        marks[-1:] = ["another photo"]
    if before is None and not message.silent:
        marks.append("sound")
    if message.force_reply:
        marks.append(f"waits for a reply: {message.placeholder}")
    return marks


def _rows(message: ChatMessage) -> list[str]:
    return [" ".join(f"[{button.text}]" for button in row) for row in message.buttons]


def _first_line(message: ChatMessage) -> str:
    return (message.text.splitlines() or ["(photo)"])[0]
