"""``hyperbridge models build``: JSON alone on stdout, and nothing begun that can't be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli_ladder import build
from bot.settings import Settings
from bot.terminal import Session
from models.catalog import Model
from scene.errors import ModelError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYPERBRIDGE_CACHE", str(tmp_path))
    return tmp_path


def run(*arguments: str, as_json: bool = True) -> Result:
    settings = Settings().model_copy(update={"ladder_gb": 1.0})
    return CliRunner().invoke(build, arguments, obj=Session(settings, as_json))


def test_build_list_and_clear(short_model: Model, cache: Path) -> None:
    model = str(short_model.location)
    built = json.loads(run(model, "--levels", "q4_1, q8_0").stdout)
    assert (built["model"], built["source"], built["reference"]) == ("short", "Q4_1", "F32")
    assert [level["level"] for level in built["levels"]] == ["Q4_1", "Q8_0"]
    assert built["levels"][0]["path"] == model
    assert built["used"] == built["levels"][1]["bytes"] <= built["budget"] == 10**9

    listed = json.loads(run(model, "--list").stdout)
    assert listed["levels"] == built["levels"][::-1]
    table = run(model, "--list", as_json=False).stdout
    assert built["levels"][1]["sha256"][:12] in table
    assert "F32" in table

    assert json.loads(run(model, "--clear").stdout) == {"model": "short", "freed": built["used"]}
    assert list(cache.rglob("*.gguf")) == []


def test_nothing_is_built_where_a_level_is_unknown(short_model: Model, cache: Path) -> None:
    result = run(str(short_model.location), "--levels", "Q8_0,Q9")
    assert isinstance(result.exception, ModelError)
    assert result.exception.key == "level-unknown"
    assert result.stdout == ""
    assert list(cache.rglob("*.gguf")) == []


def test_a_model_that_is_not_here_or_elsewhere() -> None:
    for name, key in (("gemma-3-270m", "model-missing"), ("http://localhost:8080/v1", "server-has-no-file")):
        error = run(name).exception
        assert isinstance(error, ModelError)
        assert error.key == key


def test_options_that_exclude_one_another(short_model: Model) -> None:
    result = run(str(short_model.location), "--list", "--clear")
    assert result.exit_code == 2
    assert "--clear" in result.stderr
