"""`python -m bot.catalogues`: bring the catalogues in `texts` up to date with the code.

What is new there is left empty, to be translated; what is not said any more is dropped.
"""

from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.tongue import TEXTS

# Whatever is said, and whatever can go wrong with what people do in the chat.
SPOKEN = ("bot", "domain")
KEYWORDS = {
    "t": None,
    "msg": None,
    "counted": (1, 2),
    "InvalidError": None,
    "InviteError": None,
    "NotAllowedError": None,
    "NotFoundError": None,
}
ROOT = TEXTS.parent.parent


def template() -> Catalog:
    """Return every text that the code says, with the places where it does."""
    found = Catalog(project="Usher", charset="utf-8")
    for folder in SPOKEN:
        for file, line, text, *_ in extract_from_dir(
            ROOT / folder, [("**.py", "python")], keywords=KEYWORDS
        ):
            found.add(text, locations=[(f"{folder}/{file}", line)])
    return found


def update(path: Path) -> int:
    """Bring one catalogue up to date; return how many texts it lacks."""
    with path.open("rb") as file:
        before = read_po(file, locale=path.stem)
    catalogue = Catalog(locale=path.stem, project="Usher", version="chat", fuzzy=False)
    for message in template():
        if message.id:
            known = before.get(message.id)
            catalogue.add(message.id, known.string if known else None)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=True)
    return sum(not m.string or m.string == ("",) * len(m.string) for m in catalogue if m.id)


if __name__ == "__main__":
    for each in sorted(TEXTS.glob("*.po")):
        print(f"{each.name}: {update(each)} to be translated")  # noqa: T201 - a command
