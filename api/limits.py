"""How much the API takes, each limit with its reason."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on what comes in and what is held for those who listen."""

    image_bytes: int = 10_000_000
    """A crop has 5 to 200 kB, the photo of a whole room some MB: more is a mistake."""

    images: int = 32
    """Twice the batch that recognition works with; a camera with more posts again."""

    body_bytes: int = 64_000_000
    """32 images of 2 MB, so that one post cannot take what many cameras need."""

    parts: int = 40
    """The images, the four fields, and some room; parts without bytes cost time too."""

    field_bytes: int = 1_000
    """The longest allowed value has 100 characters of up to 4 bytes."""

    body_time: timedelta = timedelta(seconds=30)
    """A crop takes 1 s at 2 Mbit/s; somebody slower holds a connection for nothing."""

    held_bytes: int = 512_000_000
    """All bodies in memory together: the process stays well within a small machine."""

    backlog: int = 10_000
    """Some minutes of work; a camera keeps what comes after better than a full disk does."""

    backlog_age: timedelta = timedelta(milliseconds=250)
    """Counting costs up to some ms; in this time a thousand posts come in at most."""

    retry_after: timedelta = timedelta(seconds=5)
    """By then some hundred crops have been dealt with."""

    seen_every: timedelta = timedelta(seconds=10)
    """When a camera last posted is shown in minutes; writing it with each post is a waste."""

    event_clients: int = 64
    """Each holds a change stream and a connection of the database."""

    heartbeat: timedelta = timedelta(seconds=15)
    """Proxies cut what is silent for 30 to 60 s. Rights are looked at again as often."""

    write_time: timedelta = timedelta(seconds=30)
    """Who has not read an event by then is gone, or should come back and resume."""

    check_time: timedelta = timedelta(seconds=3)
    """Load balancers wait about 5 s for an answer about readiness."""
