"""A run that went well, for tests to spoil."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.botapi.calls import Call
from demo.botapi.views import Button, ChatMessage
from evaluation.audit import Chat, Findings, audit
from evaluation.cast import Actor
from evaluation.killer import Kill
from evaluation.script import Scene

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@dataclass
class Run:
    """What was posted, the log, one chat with the bot's calls, and the kills."""

    posted: dict[str, Scene] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    messages: list[ChatMessage] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)

    def audit(self) -> Findings:
        """Return what the audit finds in it."""
        chat = Chat(sites=("Main",), messages=self.messages, calls=self.calls)
        return audit(self.posted, self.log, [chat], self.kills)

    def see(self, name: str, label: str, *, times: int, visit: str, question: str) -> None:
        """Have somebody seen so often in a visit, and asked about."""
        actor = Actor(name, lambda _: b"")
        for number in range(times):
            id_ = f"{visit}-{number}"
            at = NOON + timedelta(seconds=number)
            self.posted[id_] = Scene(number, actor, 0, "Main", at)
            self.log.append(classified(id_, label, visit))
        self.send(question, f"{label} at Front door\nMain · 12:00 · {crops(times)}", at=1000.0)

    def send(self, question: str, text: str, *, at: float) -> ChatMessage:
        """Have a card sent."""
        message = ChatMessage(
            chat_id=501,
            id=len(self.messages) + 1,
            sender_id=1,
            sender_name="bot",
            from_bot=True,
            sent_at=at,
            text=text,
            revision=1,
            buttons=((Button("Name", f"v1:name:{question}"),),),
        )
        self.messages.append(message)
        call = Call(1, "sendPhoto", 501, at - 0.01, {}, ended_at=at, message_id=message.id)
        self.calls.append(call)
        return message

    def send_again(self, *, at: float) -> None:
        """Have the first card sent a second time."""
        first = self.messages[0]
        data = first.buttons[0][0].data
        assert data
        self.send(data.rpartition(":")[2], first.text, at=at)

    def change(self, number: int, **fields: Any) -> None:
        """Change a detection of the log."""
        self.log[number] |= fields

    def edit(self, number: int, **fields: Any) -> None:
        """Change a message."""
        self.messages[number] = replace(self.messages[number], **fields)


def classified(id_: str, label: str, visit: str) -> dict[str, Any]:
    """Return a detection as the API shows it."""
    person: Mapping[str, str] = {"label": label}
    return {"id": id_, "status": "classified", "person": person, "visit_id": visit}


def crops(number: int) -> str:
    """Return "1 crop" or "2 crops"."""
    return f"{number} crop{'' if number == 1 else 's'}"
