"""How people are looked up: by the words of their name, in any case and without accents."""

import unicodedata

# Letters that Unicode does not take apart into a plain one and an accent.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th"})
# What those who have no name are called, besides their number.
_KINDS = frozenset({"stranger", "visitor", "not", "a", "face"})
MOST_WORDS = 8


def one_line(text: str) -> str:
    """Return a text in one line, without control characters, outer and doubled spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def fold(text: str) -> str:
    """Return a text without case and accents: "Zoë Łuk" is "zoe luk"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).translate(_PLAIN)


def words_of(name: str) -> tuple[str, ...]:
    """Return the words by which a name is found, each once: O'Brien by o, brien and obrien."""
    found: dict[str, None] = {}
    for word in fold(name).split():
        parts = "".join(c if c.isalnum() else " " for c in word).split()
        found |= dict.fromkeys((*parts, "".join(parts)) if parts else ())
    return tuple(found)


def search_words(text: str) -> tuple[str, ...]:
    """Return the words somebody looks for; of "Stranger 17" the number, whoever it is by now."""
    folded = "".join(c if c.isalnum() else " " for c in fold(text)).split()
    numbers = tuple(word for word in folded if word.isdecimal())
    if numbers and all(word in _KINDS for word in folded if word not in numbers):
        return numbers[:MOST_WORDS]
    return tuple(dict.fromkeys(folded))[:MOST_WORDS]
