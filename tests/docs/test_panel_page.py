"""The page of the panel: it names every page there is, and shows it as it looks."""

import re

from PIL import Image

from admin_web.pages import PAGES
from domain.accounts import INVITE_LIFE
from domain.policy import DecisionPolicy
from tests.docs.pages import ROOT, read

PAGE = "docs/panel.md"
WIDTHS = {"desk": 1280, "phone": 390}


def test_every_page_is_named() -> None:
    """As the navigation calls it; but for one's own account, which needs no word."""
    text = read(PAGE)
    missing = [page.name for page in PAGES if f"**{page.name}**" not in text]
    assert missing in ([], ["Your account"])


def test_the_keys_are_those_of_the_inbox() -> None:
    """Each key that the dialog of the inbox explains is in the table, and no other."""
    told = read("admin_web/templates/inbox_dialogs.html")
    keys = set(re.findall(r"<kbd>(\w|\?)</kbd>", told))
    table = read(PAGE).partition("| key |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w|\?)`", table)) == keys


def test_times_are_those_of_the_code() -> None:
    """As they are unless somebody sets them otherwise."""
    text = " ".join(read(PAGE).split())
    assert "taken back for a day" in text
    assert DecisionPolicy().undo.days == 1
    assert "works for three days" in text
    assert INVITE_LIFE.days == 3


def test_pictures_are_there_and_of_their_size() -> None:
    """Each is of a desk or a phone, and is told to those who cannot see it."""
    shown = re.findall(
        r'<img src="(images/panel-[\w-]+-(desk|phone)\.png)" [^>]*alt="(.+?)"', read(PAGE)
    )
    assert shown
    for path, size, told in shown:
        assert told
        with Image.open(ROOT / "docs" / path) as picture:
            assert picture.width == WIDTHS[size]
