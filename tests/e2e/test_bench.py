"""`usher bench`, as somebody runs it who wants figures."""

import asyncio
import json
import sys
from typing import Any

import pytest

from admin_web.doors import DOORS
from evaluation.installation import clean_environment

pytestmark = pytest.mark.timeout(240)

FIRST = ["posts_per_s", "post_p99_ms", "card_p50_ms", "card_p99_ms", "crops_per_s"]


async def bench(*arguments: str) -> tuple[int, str, str]:
    """Run `bench` with arguments; return its code and what it printed, out and err."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from evaluation.cli import bench; bench()", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(),
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_loop_prints_one_json_object() -> None:
    """The last line is one JSON object whose figures are all measured; standard error explains."""
    code, out, err = await bench(
        *("loop", "--cards", "3", "--crops", "32", "--seconds", "0.9", "--json")
    )
    assert code == 0, err
    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert list(figures)[: len(FIRST)] == FIRST
    assert all(figures[name] > 0 for name in FIRST)
    assert figures["cards"] == 3
    assert figures["card_p50_ms"] <= figures["card_p99_ms"]
    assert figures["posts_per_s_batched"] < figures["posts_per_s"]
    assert "From a post to the card in the chat" in err


@pytest.mark.parametrize("name", ["loop", "chaos", "all"])
async def test_help_teaches(name: str) -> None:
    """Each benchmark says what it does and what its options mean."""
    code, out, _ = await bench(name, "--help")
    assert code == 0
    assert "--json" in out
    assert "--faces" in out


async def test_wrong_folder_of_faces_is_refused() -> None:
    """A folder that is not there is refused before anything is started."""
    code, _, err = await bench("loop", "--faces", "/nowhere")
    assert code == 2
    assert "/nowhere" in err


async def test_panel_is_asked_for_every_page() -> None:
    """With few records: every door is asked for and answers; filters and lists far back as well.

    But for what begins with something that only one person has: a photo that is just being added,
    and a link by which a password is chosen.
    """
    size = ("--detections", "2000", "--people", "60", "--references", "200", "--visits", "500")
    code, out, err = await bench("panel", *size, "--times", "2", "--json")
    assert code == 0, err
    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    begun = {"/drafts/{id}", "/detections/find", "/password"}
    assert {*figures["unasked"]} <= begun
    asked = {way.partition("?")[0] for way in figures["pages"]}
    assert asked == {door.path for door in DOORS if door.method == "GET"} - begun
    assert {"/people?q=", "/detections?status="} <= {*figures["pages"]}
    assert all(0 < most < 60_000 for most in figures["pages"].values())
    assert figures["floor_ms"] > 0
    assert "the floor" in err
