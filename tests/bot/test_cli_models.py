"""``hyperbridge models``: JSON alone on stdout, and a wrong file never passes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli_models import models_group
from bot.settings import Settings
from bot.terminal import Session
from models.catalog import catalog
from scene.errors import ModelError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYPERBRIDGE_CACHE", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def run(*arguments: str, json: bool = True) -> Result:
    settings = Settings().model_copy(update={"model": "gemma-3-270m"})
    return CliRunner().invoke(models_group, arguments, obj=Session(settings, json))


def test_list_as_json() -> None:
    rows = json.loads(run("list").stdout)
    assert [row["id"] for row in rows] == list(catalog())
    assert [row["id"] for row in rows if row["chosen"]] == ["gemma-3-270m"]
    assert {row["state"] for row in rows} == {"absent"}
    assert rows[0]["sources"][0]["kind"] == "registry"


def test_list_as_a_table() -> None:
    lines = run("list", json=False).stdout.splitlines()
    assert len(lines) == len(catalog()) + 1
    assert any(line.startswith("▸") and "gemma-3-270m" in line and "253.1 MB" in line for line in lines)


def test_list_tells_a_wrong_file(cache: Path) -> None:
    (cache / catalog()["smollm2-135m"].file).write_bytes(b"GGUF cut short")
    states = {row["id"]: row["state"] for row in json.loads(run("list").stdout)}
    assert states["smollm2-135m"] == "wrong"
    assert states["gemma-3-270m"] == "absent"


def test_pull_and_verify_a_persons_own_file(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF and more")
    assert json.loads(run("pull", str(path)).stdout) == {"id": "own", "path": str(path), "bytes": 13}
    rows = json.loads(run("verify", str(path)).stdout)
    assert rows[0]["ok"] is True
    assert rows[0]["expected"] is None


@pytest.mark.parametrize("command", ["pull", "verify"])
def test_a_model_behind_an_address_has_no_file(command: str) -> None:
    result = run(command, "http://localhost:8080/v1#qwen")
    assert isinstance(result.exception, ModelError)
    assert result.exception.key == "server-has-no-file"
    assert result.stdout == ""


def test_verify_shows_both_hashes_and_fails(cache: Path) -> None:
    model = catalog()["smollm2-135m"]
    (cache / model.file).write_bytes(b"GGUF cut short")
    result = run("verify")
    assert isinstance(result.exception, ModelError)
    assert result.exception.key == "model-corrupt"
    row = json.loads(result.stdout)[0]
    assert (row["id"], row["ok"], row["expected"]) == (model.id, False, model.sha256)
    assert row["sha256"] == result.exception.params["found"]


def test_verify_without_a_model() -> None:
    result = run("verify")
    assert isinstance(result.exception, ModelError)
    assert (result.exception.key, result.exception.params["name"]) == ("model-missing", "gemma-3-270m")


@pytest.mark.parametrize("command", ["pull", "verify"])
def test_unknown_model(command: str) -> None:
    result = run(command, "nothing")
    assert isinstance(result.exception, ModelError)
    assert result.exception.key == "model-unknown"
    assert result.stdout == ""
