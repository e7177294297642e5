"""``hyperbridge noise``, in this process: starting another takes longer than what is tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from scene.errors import HyperBridgeError

# What scripts rely on.
KEYS = {"model", "reference", "text", "tokens", "deterministic", "levels", "control"}
LEVEL_KEYS = set(
    "level bytes bits_per_weight mean_kld median_kld p99_kld max_kld same_top rms_dp perplexity "
    "first_divergence text resonance tokens_per_second".split()
)


def run(db: Path, *args: str) -> Result:
    # Two threads wait for one another more than they compute where other tests run as well.
    one = {"HYPERBRIDGE_THREADS": "1"}
    return CliRunner(env=one).invoke(cli, ["--db", str(db), "--model", "smollm2-135m", "noise", *args])


def row(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    assert found.keys() >= KEYS
    assert all(level.keys() >= LEVEL_KEYS for level in found["levels"])
    return found


def test_a_scene_is_measured_drawn_and_kept(tmp_path: Path) -> None:
    db, plot = tmp_path / "a.db", tmp_path / "noise.png"
    asked = ("snowwolf", "--form", "silence", "--seed", "3", "--levels", "q2_k,Q4_1", "--plot", str(plot))
    found = row(run(db, *asked, "--json"))
    assert (found["model"], found["reference"], found["seed"]) == ("smollm2-135m", "F32", 3)
    assert [level["level"] for level in found["levels"]] == ["Q2_K", "Q4_1"]
    far, near = found["levels"]
    assert far["bytes"] < near["bytes"]
    assert far["mean_kld"] > near["mean_kld"] > 0
    assert found["tokens"] == len(found["pieces"]) == len(far["kld"]) > 0
    assert found["deterministic"] is True
    assert plot.read_bytes().startswith(b"\x89PNG")

    listed = CliRunner().invoke(cli, ["--db", str(db), "archive", "export"])
    (line,) = [json.loads(each) for each in listed.stdout.splitlines()]
    assert [each["found"]["seed"] for each in line["noise"]] == [3]


def test_a_file_is_measured(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("The snow falls on the sleeping wolf, and the wolf remembers the fire. " * 4)
    found = row(
        run(tmp_path / "a.db", "--corpus", str(corpus), "--context", "32", "--levels", "Q2_K", "--json")
    )
    assert (found["context"], found["text"], found["control"]) == (32, None, [])
    assert found["tokens"] > 0
    assert found["levels"][0]["perplexity"] > found["perplexity"] > 1


@pytest.mark.parametrize(
    ("args", "key"),
    [
        ((), "noise-text-or-corpus"),
        (("snowwolf", "--corpus", "x"), "noise-text-or-corpus"),
        (("--corpus", "/nowhere/such.txt"), "noise-corpus-unreadable"),
        (("snowwolf", "--levels", ","), "noise-no-levels"),
        (("snowwolf", "--levels", "Q99"), "level-unknown"),
        (("12345",), "scene-digits"),
        (("snowwolf", "--form", "opera"), "form-unknown"),
    ],
)
def test_bad_input_is_told(tmp_path: Path, args: tuple[str, ...], key: str) -> None:
    error = run(tmp_path / "a.db", *args).exception
    assert isinstance(error, HyperBridgeError)
    assert error.key == key


def test_a_model_on_a_server_can_not_be_measured(tmp_path: Path) -> None:
    address = ["--db", str(tmp_path / "a.db"), "--model", "http://127.0.0.1:9/v1#m", "noise"]
    for args in (["snowwolf"], ["--corpus", str(Path(__file__))]):
        error = CliRunner().invoke(cli, [*address, *args]).exception
        assert isinstance(error, HyperBridgeError)
        assert error.key == "noise-server"
