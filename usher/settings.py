"""Every setting, typed, frozen and read here alone: from the environment, or from `.env`."""

import os
import re
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.house import DAYS, GAP, SHARE, WAIT, rising

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: Any) -> Any:
    """Read `90`, `90s`, `10m`, `2h` or `7d`."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip())
    if found is None:
        raise ValueError("A duration is a number of seconds, or is written as in 90s, 10m, 2h, 7d.")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def _span(value: timedelta) -> str:
    """Write a duration as `_duration` reads it, in the largest unit that is whole."""
    seconds = value.total_seconds()
    unit = next(u for u in ("d", "h", "m", "s") if seconds % _UNITS[u] == 0 or u == "s")
    return f"{seconds / _UNITS[unit]:g}{unit}"


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MongoSettings(_Part):
    """Where everything is remembered."""

    uri: SecretStr | None = Field(
        None,
        description="A MongoDB replica set, as mongodb://...; empty: one of our own in data_dir",
    )
    database: str = Field("usher", description="The name of the database there")


class ImageSettings(_Part):
    """Where pictures are kept."""

    url: str | None = Field(
        None,
        description="s3://bucket/folder, gs://..., az://... or a folder; empty: data_dir/images",
    )


class HttpSettings(_Part):
    """The port of the API and the panel."""

    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 for all")
    port: int = Field(8080, ge=0, le=65535, description="The port to listen on; 0 for a free one")
    public_url: str | None = Field(
        None, description="The address people and Telegram reach it by, https://... behind a proxy"
    )
    allow_plain: bool = Field(
        default=False,
        description="Listen beyond this machine without https, where keys and faces can be read",
    )


class RecognitionSettings(_Part):
    """Which models, and from which distance on they are believed."""

    pack: str = Field(
        "opencv-zoo",
        description="opencv-zoo, buffalo_l, another InsightFace pack, or folder:PATH with one's "
        "models; `usher recognition info` lists them; empty: the one in use",
    )
    provider: Literal["cuda", "openvino", "cpu"] | None = Field(
        None, description="What the models run on: cuda, openvino or cpu; empty: the fastest here"
    )
    threads: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Threads of one worker's models; empty: the cores shared among the workers",
    )
    strangers_named: float = Field(
        0.01,
        gt=SHARE.least,
        lt=SHARE.most,
        description="Share of strangers who may be taken for somebody known, of one picture each; "
        "less: more often somebody known is asked about",
    )
    strangers_doubted: float = Field(
        0.2,
        gt=SHARE.least,
        lt=SHARE.most,
        description="Share of strangers who may be asked about as somebody known",
    )
    match_threshold: float | None = Field(
        None,
        gt=0,
        lt=2,
        description="Cosine distance up to which it is the same person; "
        "empty: follows from strangers_named",
    )
    unsure_threshold: float | None = Field(
        None,
        gt=0,
        lt=2,
        description="Cosine distance up to which it may be; empty: follows from strangers_doubted",
    )
    covered_threshold: float = Field(
        0.7, gt=0, le=1, description="Probability from which on a face is covered: ask, do not name"
    )
    liveness: Path | None = Field(
        None, description="Folder of MiniFASNet models that tell faces from pictures; empty: off"
    )
    liveness_threshold: float = Field(
        0.35, ge=0, lt=1, description="Probability below which a face is a picture or a screen"
    )

    @property
    def chosen_pack(self) -> str | None:
        """The pack, if it was set: what is not set does not contradict the one in use."""
        return self.pack if "pack" in self.model_fields_set else None


class QualitySettings(_Part):
    """From when on a face is too poor to be remembered by. Empty: as measured for the pack."""

    min_side: float | None = Field(None, ge=0, description="Pixels of the face's shorter side")
    min_score: float | None = Field(None, ge=0, le=1, description="Score of the detector, 0 to 1")
    min_sharpness: float | None = Field(
        None, ge=0, description="Detail in the direction that has least; LFW's median is 2.7"
    )
    min_brightness: float | None = Field(None, ge=0, le=255, description="Mean grey, 0 to 255")
    max_brightness: float | None = Field(None, ge=0, le=255, description="Mean grey, 0 to 255")
    max_yaw: float | None = Field(None, ge=0, le=90, description="Degrees turned to a side")
    max_pitch: float | None = Field(None, ge=0, le=90, description="Degrees turned up or down")
    max_roll: float | None = Field(None, ge=0, le=180, description="Degrees tilted")
    max_hidden: float | None = Field(
        None, ge=0, le=1, description="Share of the inner face outside the picture, 0 to 1"
    )
    max_rival: float | None = Field(
        None, ge=0, le=1, description="How prominent a second face may be beside it, 0 to 1"
    )


class WorkerSettings(_Part):
    """How the detection log is worked off."""

    count: int = Field(
        1,
        ge=1,
        le=64,
        description="How many workers run on this machine: `usher up` starts so many",
    )
    batch: int = Field(16, ge=1, le=256, description="Detections claimed at a time")
    lease: Duration = Field(
        timedelta(seconds=20), description="How long a worker that died holds up its detections"
    )
    max_attempts: int = Field(5, ge=1, le=20, description="Tries before a detection is `failed`")
    backlog: int = Field(
        10_000, ge=1, description="Unworked detections from which on posts are answered 503"
    )


class VisitSettings(_Part):
    """Visits and what is said about them."""

    gap: Duration = Field(
        timedelta(minutes=10),
        ge=GAP.least,
        le=GAP.most,
        description="A visit ends after so long without a detection",
    )
    announce_known: bool = Field(
        default=False, description="Say silently in the chats when somebody known arrives"
    )


class QuestionSettings(_Part):
    """What is done about a question nobody has answered. Times since it was asked; 0: never."""

    remind_after: Duration = Field(
        timedelta(minutes=15),
        ge=WAIT.least,
        le=WAIT.most,
        description="Until those asked are reminded, once",
    )
    escalate_after: Duration = Field(
        timedelta(minutes=30),
        ge=WAIT.least,
        le=WAIT.most,
        description="Until everybody else who may answer is asked too",
    )
    expire_after: Duration = Field(
        timedelta(days=1),
        ge=WAIT.least,
        le=WAIT.most,
        description="Until it is given up; answers that come later count",
    )

    @model_validator(mode="after")
    def _rising(self) -> "QuestionSettings":
        if not rising((self.remind_after, self.escalate_after, self.expire_after)):
            raise ValueError(
                "A question is reminded of first, then escalated, then expires: set "
                "USHER_QUESTIONS__REMIND_AFTER, __ESCALATE_AFTER and __EXPIRE_AFTER in this order."
            )
        return self


class DecisionSettings(_Part):
    """What managers decide."""

    undo: Duration = Field(
        timedelta(days=1), description="How long a decision can be undone, in the chat or the panel"
    )


class BotSettings(_Part):
    """Telegram. Without a token the bot is off, and the questions wait in the panel."""

    token: SecretStr | None = Field(None, description="The bot's token, from @BotFather")
    base_url: str = Field("https://api.telegram.org", description="The Bot API server")
    webhook_url: str | None = Field(
        None,
        description="https://... where Telegram posts updates, led to webhook_port; empty: poll",
    )
    webhook_port: int = Field(8081, ge=0, le=65535, description="Where `usher bot` takes them")
    cards_apart: int = Field(
        5, ge=1, description="Open questions of a chat from which on they share a card to turn over"
    )


class RetentionSettings(_Part):
    """How long is kept what made nobody recognisable. Days; 0 keeps it for good."""

    images_days: int = Field(
        90, ge=DAYS.least, le=DAYS.most, description="Days until a crop's image is deleted"
    )
    detections_days: int = Field(
        365, ge=DAYS.least, le=DAYS.most, description="Days until its record is deleted too"
    )


class Settings(BaseSettings):
    """All of Usher's settings. USHER_HTTP__PORT=8081 sets http.port."""

    model_config = SettingsConfigDict(
        env_prefix="USHER_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
    )

    data_dir: Path = Field(
        Path("data"), description="The folder of the embedded database and the pictures"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )
    timezone: str | None = Field(
        None, description="The zone of times shown, as Europe/Berlin; empty: this machine's"
    )
    mongo: MongoSettings = MongoSettings()
    images: ImageSettings = ImageSettings()
    http: HttpSettings = HttpSettings()
    recognition: RecognitionSettings = RecognitionSettings()
    quality: QualitySettings = QualitySettings()
    worker: WorkerSettings = WorkerSettings()
    visits: VisitSettings = VisitSettings()
    questions: QuestionSettings = QuestionSettings()
    decisions: DecisionSettings = DecisionSettings()
    bot: BotSettings = BotSettings()
    retention: RetentionSettings = RetentionSettings()

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _safe(self) -> "Settings":
        """Refuse what would be unsafe, with a sentence that says what to set."""
        secure = (self.http.public_url or "").startswith("https://")
        if self.http.host not in LOOPBACK and not (secure or self.http.allow_plain):
            raise ValueError(
                f"Listening on {self.http.host} without https would send keys and faces in the "
                "clear. Put a proxy with https before it and set USHER_HTTP__PUBLIC_URL to its "
                "https:// address; or set USHER_HTTP__ALLOW_PLAIN=true on a network of your own."
            )
        if self.bot.webhook_url and not self.bot.webhook_url.startswith("https://"):
            raise ValueError("USHER_BOT__WEBHOOK_URL must be https://..., or Telegram refuses it.")
        return self

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value and value not in available_timezones():
            raise ValueError(f"{value} is no time zone; they are called as in Europe/Berlin.")
        return value

    @property
    def threads(self) -> int:
        """Threads of one worker's models: workers times threads are the cores of this machine."""
        cores = len(os.sched_getaffinity(0))
        return self.recognition.threads or max(1, cores // self.worker.count)

    @property
    def zone(self) -> tzinfo:
        """The zone of times shown."""
        local = datetime.now().astimezone().tzinfo
        return ZoneInfo(self.timezone) if self.timezone else local or UTC

    @property
    def images_url(self) -> str:
        """Where pictures are kept."""
        return self.images.url or str(self.data_dir / "images")

    @property
    def public_url(self) -> str:
        """The address people reach it by."""
        return self.http.public_url or local_url(self.http.host, self.http.port)


def local_url(host: str, port: int) -> str:
    """Return the address of a port of this machine."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def example() -> str:
    """Return the text of `.env.example`: every setting with its default and what it means."""
    lines = [
        "# Every setting with its default. Copy this file to .env and change what you need;",
        "# variables of the environment go before it. Durations: 90 or 90s, 10m, 2h, 7d.",
        "",
    ]
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            lines += ["", f"# {(field.annotation.__doc__ or '').splitlines()[0]}"]
            for inner, its in field.annotation.model_fields.items():
                lines += _entry(f"USHER_{name}__{inner}", its)
        else:
            lines += _entry(f"USHER_{name}", field)
    return "\n".join(lines) + "\n"


def _entry(name: str, field: Any) -> list[str]:
    return [f"# {field.description}", f"# {name.upper()}={_text(field.default)}"]


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case timedelta():
            return _span(value)
        case _:
            return str(value)
