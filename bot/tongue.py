"""What the bot says, in the language of whoever reads it.

The English sentence is the key of the catalogues in `texts`, one for each further language, in the
format of gettext. The variable that holds a Tongue is called `t`, so that Babel finds the texts:
a text is said by `t("...")`, or marked by `msg("...")` where it stands in a table.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from bot.words import ordinal, plain
from domain.errors import UsherError
from domain.records import Person

TEXTS = Path(__file__).parent / "texts"
ENGLISH = "en"
# English dates with the day before the month, as everywhere else.
_LOCALES = {ENGLISH: "en_GB"}


def msg(text: str) -> str:
    """Mark a text for the catalogues that is said elsewhere; return it as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Tongue:
    """Says things in one language, as HTML: values are escaped unless they are Markup."""

    language: str = ENGLISH
    catalogue: NullTranslations = field(default_factory=NullTranslations)

    def __call__(self, text: str, /, **values: object) -> Markup:
        """Return a text with its values filled in."""
        return Markup(self.catalogue.gettext(text)).format(**values)  # noqa: S704 - our own text

    def counted(self, one: str, many: str, number: int, /, **values: object) -> Markup:
        """Return the text for this number, which may say it as {n}."""
        text = self.catalogue.ngettext(one, many, number)
        return Markup(text).format(n=number, **values)  # noqa: S704 - our own text

    def error(self, error: UsherError) -> Markup:
        """Return what went wrong; a text that no catalogue has is nobody's markup."""
        if error.values:
            return self(error.text, **error.values)
        said = self.catalogue.gettext(error.text)
        return escape(said) if said == error.text else Markup(said)  # noqa: S704 - our own text

    def called(self, person: Person) -> str:
        """Return what people call a person: by name, or "Stranger 17"."""
        if person.name:
            return person.name
        unnamed = msg("Visitor {n}") if person.visitor else msg("Stranger {n}")
        text = msg("Not a face {n}") if person.no_face else unnamed
        return plain(self(text, n=person.number))

    def time(self, at: datetime, *, day: datetime, zone: tzinfo | None) -> str:
        """Return a time as read on a day: "14:32", or "21 Nov 14:32" on another one.

        `day` is when the message was sent, which the chat shows beside it.
        """
        local, shown = at.astimezone(zone), day.astimezone(zone)
        if local.date() == shown.date():
            return f"{local:%H:%M}"
        return f"{self.day(local)} {local:%H:%M}"

    def day(self, day: date) -> str:
        """Return a day as "21 Nov"."""
        return format_skeleton("MMMd", day, locale=self._locale)

    def weekday(self, day: date) -> str:
        """Return a day as "Tuesday"."""
        return format_date(day, "EEEE", locale=self._locale)

    def percent(self, share: float) -> str:
        """Return a share of 0 to 1 as "71 %", never rounded up to certainty."""
        return f"{min(99, round(share * 100))} %"

    def ordinal(self, number: int) -> str:
        """Return "4th", or "4." where it is written so."""
        return ordinal(number) if self.language == ENGLISH else f"{number}."

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return (self._locale.get_language_name() or self.language).capitalize()

    @property
    def _locale(self) -> Locale:
        return Locale.parse(_LOCALES.get(self.language, self.language))


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there are."""
    return (ENGLISH, *sorted(path.stem for path in TEXTS.glob("*.po")))


@cache
def tongue(language: str | None = None) -> Tongue:
    """Return who speaks a language, as Telegram or an account names it; else English."""
    short = (language or ENGLISH).partition("-")[0].lower()
    if short == ENGLISH or short not in languages():
        return Tongue()
    compiled = BytesIO()
    with (TEXTS / f"{short}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=short))
    compiled.seek(0)
    return Tongue(short, GNUTranslations(compiled))
