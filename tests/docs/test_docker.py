"""The image and the compose file fit the code; there is no engine here to build them with."""

import re
import shutil
import subprocess
import tomllib

import pytest

from tests.docs.pages import ROOT, read
from tests.usher.names import commands, setting_names

DOCKERFILE = "docker/Dockerfile"


def copied() -> list[str]:
    """Return what the Dockerfile copies out of the repository."""
    lines = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+)$", read(DOCKERFILE), re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def test_everything_that_is_copied_exists() -> None:
    """And is let through by the ignore file, which lets nothing else through."""
    allowed = re.findall(r"^!(.+)$", read(f"{DOCKERFILE}.dockerignore"), re.MULTILINE)
    for source in copied():
        assert (ROOT / source).exists(), source
        assert any(source == name or source.startswith(f"{name}/") for name in allowed), source


def test_every_package_is_in_the_image() -> None:
    """Each that the project is made of."""
    project = tomllib.loads(read("pyproject.toml"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= set(copied())


def test_image_takes_the_locked_packages_by_the_same_tool() -> None:
    """Hashes are asked for, and uv is the one of the Makefile."""
    text = read(DOCKERFILE)
    assert "--require-hashes" in text
    assert "--constraint requirements.lock" in text
    [mine] = re.findall(r"UV_VERSION=(\S+)", text)
    assert re.search(rf"^UV_VERSION := {re.escape(mine)}$", read("Makefile"), re.MULTILINE)


def test_image_runs_as_nobody_special() -> None:
    """The last user is not root."""
    assert re.findall(r"^USER (\S+)$", read(DOCKERFILE), re.MULTILINE)[-1] == "usher"


def test_environment_names_are_settings() -> None:
    """In the image and in the compose file."""
    for page in (DOCKERFILE, "docker/compose.yaml"):
        for name in re.findall(r"USHER_\w+", read(page)):
            assert name in setting_names(), f"{name} in {page}"


def test_example_has_what_compose_asks_for() -> None:
    """Every variable that stands in the compose file, and no other."""
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", read("docker/compose.yaml")))
    given = set(re.findall(r"^(\w+)=", read("docker/.env.example"), re.MULTILINE))
    assert given == asked | {"COMPOSE_PROFILES"}


def test_ignored_files_keep_secrets() -> None:
    """The filled in .env never gets into the repository or into the image."""
    assert "**/.env" in read(f"{DOCKERFILE}.dockerignore")
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no repository here")
    done = subprocess.run([git, "check-ignore", "-q", "docker/.env"], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_compose_file_is_sound() -> None:
    """Roles are commands, volumes and networks are declared, only the proxy has open ports."""
    yaml = pytest.importorskip("yaml")
    compose = yaml.safe_load(read("docker/compose.yaml"))
    services = compose["services"]
    for name, service in services.items():
        if service["image"].startswith("usher:"):
            assert service["command"][0] in commands()
            assert (ROOT / "docker" / service["build"]["context"] / DOCKERFILE).is_file()
        assert ("ports" in service) == (name == "proxy")
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service["networks"]) <= set(compose["networks"])
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / "docker" / source).is_file()
    assert compose["networks"]["inside"]["internal"]


def test_version_of_the_image_is_the_projects() -> None:
    """The tag follows pyproject.toml."""
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"image: usher:{version}\n" in read("docker/compose.yaml")


def test_start_script_is_shell() -> None:
    """And can be executed."""
    script = ROOT / "docker" / "usher"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
