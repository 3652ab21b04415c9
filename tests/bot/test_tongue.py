"""Texts in several languages: every one is translated, with the same values, and none is stale."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from markupsafe import Markup

from bot.catalogues import template
from bot.tongue import TEXTS, Tongue, languages, tongue
from domain.errors import InvalidError

CATALOGUES = sorted(TEXTS.glob("*.po"))


def _values(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def _texts(message: Message) -> list[tuple[str, str]]:
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string or (), strict=True))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_says_what_the_code_says(path: Path) -> None:
    """Every text of the code is in it and no other: `make texts` brings it up to date."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    assert {m.id for m in catalogue if m.id} == {m.id for m in template() if m.id}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_text_is_translated_with_its_values(path: Path) -> None:
    """Nothing is empty, unsure, or lacks what is to be filled in; marks are those of Telegram."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    for message in catalogue:
        if not message.id:
            continue
        assert not message.fuzzy
        for english, other in _texts(message):
            assert other, english
            assert _values(english) == _values(other), english
            assert re.findall(r"</?\w+>", english) == re.findall(r"</?\w+>", other), english


def test_there_is_more_than_english() -> None:
    """English and German; whoever speaks another language is spoken to in English."""
    assert languages() == ("en", "de")
    assert tongue("de-AT")("Yes") == "Ja"
    assert tongue("fr")("Yes") == "Yes"
    assert tongue(None).name == "English"
    assert tongue("de").name == "Deutsch"


def test_values_are_escaped_and_markup_is_not() -> None:
    """Somebody's name cannot forge a text, whatever it is made of."""
    t = Tongue()
    assert t("Saved: {name}.", name="<b>{who}</b>") == "Saved: &lt;b&gt;{who}&lt;/b&gt;."
    assert t("Saved: {name}.", name=Markup("<b>Anna</b>")) == "Saved: <b>Anna</b>."


def test_errors_are_said_in_the_language_of_the_reader() -> None:
    """With their values; a sentence that no catalogue has is said as it is, harmless."""
    t = tongue("de")
    assert t.error(InvalidError("A name has at most {n} characters.", n=80)) == (
        "Ein Name hat höchstens 80 Zeichen."
    )
    assert t.error(InvalidError("Is {this} <b>it</b>?")) == "Is {this} &lt;b&gt;it&lt;/b&gt;?"
