"""The command line: `usher --help` teaches it."""

import errno
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from camera.cli import camera
from domain.errors import UsherError
from evaluation.cli import bench
from evaluation.evaluate_cli import evaluate
from recognition.errors import RecognitionError
from storage.errors import StorageError
from usher.account_cli import account
from usher.doors_cli import door
from usher.options import DataDir, console, load, with_store
from usher.processes import run_until_stopped
from usher.recognition_cli import recognition
from usher.seed_cli import seed_command
from usher.settings import example
from usher.supervisor import HOPELESS, RoleError

app = typer.Typer(
    help="Usher recognises faces, asks in a chat about those it does not know, and remembers.\n\n"
    "`usher up` runs everything on this machine; `usher demo` shows it without any account.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
camera_keys = typer.Typer(help="Cameras and their keys.", no_args_is_help=True)
app.add_typer(camera_keys, name="camera-key")
app.add_typer(account, name="account")
app.command("camera")(camera)
app.add_typer(bench, name="bench")
app.command("seed")(seed_command)
app.add_typer(evaluate, name="evaluate")
app.add_typer(recognition, name="recognition")
app.add_typer(door, name="door")

Port = Annotated[
    int | None, typer.Option(help="The port of the API and the panel [default: 8080].")
]
Host = Annotated[str | None, typer.Option(help="The address to listen on [default: 127.0.0.1].")]
Workers = Annotated[int | None, typer.Option(help="How many workers to run [default: 1].", min=1)]


def main() -> None:
    """Run the command line; say what is wrong in a sentence, never in a traceback."""
    try:
        app()
    except ValidationError as error:
        for problem in error.errors():
            where = "__".join(str(part) for part in problem["loc"]).upper()
            _say(f"USHER_{where}: {problem['msg']}" if where else problem["msg"])
        sys.exit(HOPELESS)
    except (UsherError, StorageError, RecognitionError, RoleError) as error:
        _say(str(error))
        sys.exit(HOPELESS)
    except TimeoutError as error:
        _say(str(error))
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        _say("Another program listens on this port; choose another with --port (or --chat-port).")
        sys.exit(1)


def _say(sentence: str) -> None:
    console.print(f"Usher: {sentence}", style="red", markup=False, soft_wrap=True)


@app.command()
def up(
    data_dir: DataDir = None, host: Host = None, port: Port = None, workers: Workers = None
) -> None:
    """Run everything: database, API, panel, workers, and the bot when it has a token.

    Nothing need be set. USHER_BOT__TOKEN turns the bot on; .env.example lists all settings.
    """
    from usher.up import run_up

    run_until_stopped(run_up(load(data_dir, host, port, count=workers), console=console))


@app.command()
def demo(
    *,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="A folder to keep the demo in [default: a temporary one]."),
    ] = None,
    port: Port = None,
    chat_port: Annotated[int, typer.Option(help="The port of the chat page.")] = 8090,
    workers: Workers = None,
) -> None:
    """Show everything without any account: a simulated camera, and a page that is the chat.

    Open the chat page, wait for the stranger, tap Name, answer; they are recognised next time.
    """
    from tempfile import TemporaryDirectory

    from usher.demonstration import run_demo

    with TemporaryDirectory(prefix="usher-demo-") as folder:
        settings = load(data_dir or Path(folder), None, port, count=workers)
        run_until_stopped(run_demo(settings, chat_port=chat_port, console=console))


@app.command()
def api(data_dir: DataDir = None, host: Host = None, port: Port = None) -> None:
    """Serve the API and the panel alone; for scaling out, or under a supervisor of your own."""
    from usher.web import run_api

    run_until_stopped(run_api(load(data_dir, host, port), console=console))


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Run one worker alone; as many as there are cores, on as many machines as you like."""
    from usher.roles import run_worker

    run_until_stopped(run_worker(load(data_dir)))


@app.command()
def bot(data_dir: DataDir = None) -> None:
    """Run the Telegram bot alone; one of them."""
    from usher.chat import run_bot

    run_until_stopped(run_bot(load(data_dir)))


@app.command()
def settings() -> None:
    """Print every setting with its default and what it means, as .env.example has them."""
    typer.echo(example(), nl=False)


@app.command()
def forget(
    name: Annotated[str, typer.Argument(help='Whom, by name or as "Stranger 17".')],
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this it is only told.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Erase everything about a person: photos, visits, embeddings, and their name in the journal.

    This cannot be undone. Works while `usher up` runs and while it does not.
    """
    from usher import erasure

    typer.echo(erasure.run(load(data_dir), name, yes=yes))


@camera_keys.command("create")
def create_camera(
    name: Annotated[str, typer.Argument(help='What the camera is called, as "Front door".')],
    *,
    site: Annotated[str, typer.Option(help="Its site; made if there is none of this name.")],
    data_dir: DataDir = None,
) -> None:
    """Make a camera and print its id and key as JSON; the key is shown this once.

    Works while `usher up` runs and while it does not.
    """
    from usher import cameras

    made = with_store(data_dir, lambda store: cameras.create(store, name, site))
    typer.echo(json.dumps(made))


@camera_keys.command("list")
def list_cameras(data_dir: DataDir = None) -> None:
    """Print the cameras as JSON, one a line."""
    from usher import cameras

    for found in with_store(data_dir, cameras.listing):
        typer.echo(json.dumps(found))


@camera_keys.command("revoke")
def revoke_camera(
    camera_id: Annotated[str, typer.Argument(help="The id that `list` shows.")],
    data_dir: DataDir = None,
) -> None:
    """Make a camera's key worthless, at once and for good."""
    from usher import cameras

    with_store(data_dir, lambda store: cameras.revoke(store, camera_id))
    typer.echo("The key is worthless now.")
