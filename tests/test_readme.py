"""Every command that the README shows is run, and where it shows an answer, that is the answer."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _steps(block: str) -> list[tuple[str, str]]:
    """Commands of a console block, each with the answer shown under it."""
    steps = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, answer) for command, _, answer in (step.partition("\n") for step in steps)]


def test_the_readme_shows_commands() -> None:
    assert sum(len(_steps(block)) for block in CONSOLE) >= 6


def test_every_shown_command_works_and_gives_what_is_shown(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "HYPERBRIDGE_DB": str(tmp_path / "archive.db"),
        "HYPERBRIDGE_MODEL": "smollm2-135m",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "110",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    for command, answer in (step for block in CONSOLE for step in _steps(block)):
        result = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            env=environment,
            cwd=tmp_path,
            timeout=240,
            check=False,
        )
        assert result.returncode == 0, f"{command}: {result.stderr.decode()}"
        # What a model writes differs from machine to machine: … stands for any text.
        shown = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", answer.strip()))
        assert re.fullmatch(shown, result.stdout.decode().strip(), re.DOTALL), (
            f"{command}:\n{result.stdout.decode()}"
        )


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bHYPERBRIDGE_[A-Z_]+|\bTELEGRAM_[A-Z_]+", README))))
def test_every_setting_named_is_explained(name: str) -> None:
    assert name in (ROOT / ".env.example").read_text(encoding="utf-8")


def test_every_command_named_exists() -> None:
    from bot.cli import cli

    named = {shlex.split(line)[1] for line in re.findall(r"`(hyperbridge [a-z][^`]*)`", README)}
    assert named <= cli.commands.keys()


def test_every_link_to_a_file_leads_to_one() -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
