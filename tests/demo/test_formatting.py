"""HTML of messages to text and entities."""

import pytest

from demo.botapi.errors import ApiError
from demo.botapi.formatting import parse_html, plain


def test_offsets_count_utf16_units() -> None:
    """An emoji is two units long, as Telegram counts."""
    found = parse_html("😀<b>é😀</b>")
    assert found.text == "😀é😀"
    assert found.entities == ({"type": "bold", "offset": 2, "length": 3},)


def test_nested_tags_stand_outermost_first() -> None:
    """The longer of two entities at one place comes first."""
    found = parse_html("<b><i>a</i>b</b>")
    assert [entity["type"] for entity in found.entities] == ["bold", "italic"]


def test_character_references_are_those_telegram_knows() -> None:
    """Escaped names come out whole; references that Telegram does not know stay as written."""
    assert parse_html("&lt;b&gt; &amp;amp; &quot;&#39;&#x41; &nbsp;&eacute;").text == (
        "<b> &amp; \"'A &nbsp;&eacute;"
    )


def test_space_around_a_text_is_cut_and_entities_move_along() -> None:
    """Telegram trims; an entity that covers only space vanishes."""
    found = parse_html("  <b>x </b><i> </i>")
    assert found.text == "x"
    assert found.entities == ({"type": "bold", "offset": 0, "length": 1},)


def test_commands_and_links_are_found_but_not_inside_code() -> None:
    """What a person types gets entities too: the client's command handler needs them."""
    found = plain("/start abc see https://example.org/a/b.")
    assert [(e["type"], e["offset"], e["length"]) for e in found.entities] == [
        ("bot_command", 0, 6),
        ("url", 15, 23),
    ]
    assert [e["type"] for e in parse_html("<code>/start</code>").entities] == ["code"]


@pytest.mark.parametrize(
    "source", ["<span>x</span>", "<p>x</p>", "a <3 b > c", "<!-- x -->", "</>"]
)
def test_unknown_tags_are_refused(source: str) -> None:
    """No tag is dropped in silence."""
    with pytest.raises(ApiError) as raised:
        parse_html(source)
    assert raised.value.description.startswith("Bad Request: can't parse entities: ")
