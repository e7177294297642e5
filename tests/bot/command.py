"""``hyperbridge`` as scripts and people meet it: arguments, two streams and an exit code."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot.cli import main

MODEL = "smollm2-135m"
_COMMAND = [sys.executable, "-c", "from bot.cli import main; main()"]
_KEPT = ("HYPERBRIDGE_CACHE", "HYPERBRIDGE_THREADS")
_NO_ARCHIVE = Path(tempfile.gettempdir()) / "hyperbridge-without-archive" / "archive.db"

Done = subprocess.CompletedProcess[bytes]


def run(*args: str, db: Path | None = None, stdin: bytes = b"", **env: str) -> Done:
    """Run ``hyperbridge`` in a folder without a ``.env``, in English.

    It runs in this process, for what a new one loads takes longer than what is tested.
    """
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for name in ("stdout", "stderr")}
    streams["stdin"] = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as here,
        patch.dict(os.environ, _environment(env), clear=True),
        contextlib.chdir(_folder(db)),
    ):
        for name, stream in streams.items():
            here.setattr(sys, name, stream)
        here.setattr(sys, "argv", ["hyperbridge", *_arguments(db), *args])
        try:
            main()
        except SystemExit as left:  # not kept: its frames hold what the command has loaded
            code = int(left.code or 0)
    for stream in streams.values():
        stream.flush()
    out, err = (streams[name].buffer.getvalue() for name in ("stdout", "stderr"))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(args, code, out, err)


def run_alone(*args: str | bytes, db: Path | None = None, stdin: bytes = b"", **env: str) -> Done:
    """The same in a process of its own, where nothing is loaded yet and all that is written is seen."""
    return subprocess.run(
        [*_COMMAND, *_arguments(db), *args],
        input=stdin,
        capture_output=True,
        env={**_environment(env), "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=_folder(db),
        timeout=240,
    )


def rows(result: Done) -> list[dict[str, Any]]:
    """Every line of stdout as JSON; anything else there fails."""
    assert result.returncode == 0, result.stderr.decode()
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def complaint(result: Done) -> str:
    """The one line of stderr of a refused command."""
    text = result.stderr.decode()
    assert result.returncode == 2, text
    assert text.startswith("hyperbridge: ")
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def _arguments(db: Path | None) -> list[str]:
    return ["--model", MODEL, *(["--db", str(db)] if db else [])]


def _folder(db: Path | None) -> Path:
    return db.parent if db and db.parent.is_dir() else Path.cwd()


def _environment(more: dict[str, str]) -> dict[str, str]:
    plain = {
        key: value for key, value in os.environ.items() if not key.startswith(("TELEGRAM_", "HYPERBRIDGE_"))
    }
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    # Where a test names no archive, there is none: not the one of whoever runs the tests.
    return {**plain, **kept, "HYPERBRIDGE_DB": str(_NO_ARCHIVE), "LC_ALL": "C.UTF-8", **more}
