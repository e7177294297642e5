"""Levels of precision are built once, counted only when whole, and kept within their budget."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from filelock import FileLock
from gguf_tensors import numbers

from models.backend import Prompt, Sampling
from models.catalog import Model, find
from models.engine import Engine, Hardware
from models.ladder import LEVELS, Ladder, Rung
from models.llama import read_header
from scene.errors import ModelError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shelf(short_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with some levels of the short model, for tests that only look at them."""
    folder = tmp_path_factory.mktemp("ladder")
    ladder = Ladder(short_model, folder=folder)
    for name in ("F32", "BF16", "Q8_0", "Q4_K_M"):
        ladder.rung(name)
    return folder


@pytest.fixture
def copied(shelf: Path, tmp_path: Path) -> Path:
    """A folder with the same levels but ``F32``, to do anything with."""
    skip = shutil.ignore_patterns("F32.*", ".lock")
    return Path(shutil.copytree(shelf, tmp_path / "copied", ignore=skip))


def failed(work: Callable[[], object]) -> ModelError:
    with pytest.raises(ModelError) as caught:
        work()
    return caught.value


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_levels_say_what_they_are(short_model: Model, shelf: Path) -> None:
    rungs = Ladder(short_model, folder=shelf).built()
    assert [rung.level for rung in rungs] == ["F32", "BF16", "Q8_0", "Q4_K_M"]
    for rung in rungs:
        header = read_header(rung.path)
        assert header.ftype == LEVELS[rung.level].ftype
        assert rung.bits_per_weight == header.bits_per_weight
        assert (rung.bytes, rung.sha256) == (rung.path.stat().st_size, sha256(rung.path))
    assert rungs[0].bits_per_weight == 32
    assert 16 < rungs[1].bits_per_weight < 16.1
    assert 8.5 <= rungs[2].bits_per_weight < 8.6 < 32


def test_the_packaged_file_is_its_own_level(short_model: Model, shelf: Path) -> None:
    ladder = Ladder(short_model, folder=shelf)
    assert (ladder.source, ladder.reference) == ("Q4_1", "F32")
    rung = ladder.rung("Q4_1")
    assert (rung.path, rung.sha256) == (short_model.location, sha256(short_model.location))
    assert "Q4_1" not in [each.level for each in ladder.built()]


def test_the_reference_is_the_packaged_file_dequantized(short_model: Model, shelf: Path) -> None:
    reference = Ladder(short_model, folder=shelf).rung("F32").path
    of_both = [numbers(path, "blk.1.ffn_up.weight", 576) for path in (reference, short_model.location)]
    np.testing.assert_allclose(*of_both, rtol=1e-6)


def test_a_file_that_is_not_quantized_is_its_own_reference(
    short_model: Model, shelf: Path, tmp_path: Path
) -> None:
    path = Ladder(short_model, folder=shelf).rung("BF16").path
    ladder = Ladder(find(str(path)), folder=tmp_path)
    assert (ladder.source, ladder.reference) == ("BF16", "BF16")
    assert ladder.rung("BF16").path == path


async def test_levels_read_a_text_almost_as_the_packaged_file_does(short_model: Model, shelf: Path) -> None:
    text = "The sea was calm that morning, and the boats went out before the sun came up over the hills."
    ladder = Ladder(short_model, folder=shelf)
    losses = {}
    for name in ("Q4_1", "F32", "Q8_0", "Q4_K_M"):
        engine = Engine(ladder.rung(name).path, hardware=Hardware(threads=1))
        (scored,) = await engine.score(Prompt("", ""), [text])
        losses[name] = -float(np.mean(scored))
        engine.close()
    # Two layers are no speakers, but the same weights hold the same opinion.
    assert abs(losses["Q4_1"] - losses["F32"]) < 0.1
    assert abs(losses["Q8_0"] - losses["F32"]) < 0.05
    assert abs(losses["Q4_K_M"] - losses["F32"]) < 0.5
    assert len(set(losses.values())) == 4


BUILDER = """
import sys
from pathlib import Path
from models.catalog import find
from models.ladder import Ladder
Ladder(find(sys.argv[1]), folder=Path(sys.argv[2])).rung(sys.argv[3])
"""


def test_a_kill_leaves_nothing_that_counts(model_path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILDER, str(model_path), str(tmp_path), "Q6_K"]
    builder = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    while not (parts := list(tmp_path.glob("*/Q6_K.part"))):
        assert builder.poll() is None
        time.sleep(0.02)
    workers = psutil.Process(builder.pid).children(recursive=True)
    assert workers
    builder.send_signal(signal.SIGKILL)
    builder.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive
    ladder = Ladder(find(str(model_path)), folder=tmp_path)
    assert ladder.built() == []
    assert parts[0].exists()
    rung = ladder.rung("Q4_0")
    assert not parts[0].exists()
    assert [rung.level for rung in ladder.built()] == ["Q4_0"]
    assert sha256(rung.path) == rung.sha256
    engine = Engine(rung.path, hardware=Hardware(threads=1))
    sampling = Sampling(max_tokens=6)
    writing = engine.candidates(Prompt("", "The sea is"), sampling, count=1, seed=1)
    (written,) = asyncio.run(writing).items
    engine.close()
    assert len(written.logprobs) == 6


def test_a_build_can_be_cancelled_in_the_middle(short_model: Model, tmp_path: Path) -> None:
    ladder = Ladder(short_model, folder=tmp_path)
    seen: list[tuple[int, int, str]] = []
    error = failed(lambda: ladder.rung("Q6_K", lambda *news: seen.append(news), lambda: bool(seen)))
    assert (error.key, error.params["level"]) == ("ladder-cancelled", "Q6_K")
    # Nine tensors a layer, the vocabulary and the last norm.
    assert seen == [(1, 9 * 2 + 2, "Q6_K")]
    assert psutil.Process().children() == []
    assert list(ladder.folder.iterdir()) == []


def test_a_worker_that_dies_takes_nobody_along(short_model: Model, tmp_path: Path) -> None:
    ladder = Ladder(short_model, folder=tmp_path)
    error = failed(lambda: ladder.rung("Q6_K", lambda *_: psutil.Process().children()[0].kill()))
    assert (error.key, error.params["reason"]) == ("ladder-build-failed", "exit code -9")
    assert list(ladder.folder.iterdir()) == []


def test_another_process_is_waited_for(short_model: Model, tmp_path: Path) -> None:
    told: list[str] = []
    with FileLock(tmp_path / ".lock"):
        error = failed(
            lambda: Ladder(short_model, folder=tmp_path).rung(
                "Q8_0", lambda _done, _total, what: told.append(what), lambda: bool(told)
            )
        )
    assert error.key == "ladder-cancelled"
    assert told == ["lock"]


def age(rung: Rung, seconds: int) -> None:
    """Make a level look unused for so long."""
    then = time.time() - seconds
    os.utime(rung.path.with_suffix(".json"), (then, then))


def test_what_was_not_used_for_longest_makes_room(short_model: Model, copied: Path) -> None:
    user = Ladder(short_model, folder=copied)
    rungs = [user.rung(name) for name in ("BF16", "Q8_0", "Q4_K_M")]
    budget = sum(rung.bytes for rung in rungs)
    # All are in use: nothing can go.
    error = failed(lambda: Ladder(short_model, folder=copied, budget=budget).rung("Q4_0"))
    assert (error.key, error.params["free"]) == ("ladder-over-budget", 0)
    del user
    for seconds, rung in zip((200, 300, 100), rungs, strict=True):
        age(rung, seconds)
    ladder = Ladder(short_model, folder=copied, budget=budget)
    # To be used is to be young again.
    ladder.rung("Q8_0")
    ladder.release("Q8_0")
    ladder.rung("Q4_0")
    assert [rung.level for rung in ladder.built()] == ["Q8_0", "Q4_K_M", "Q4_0"]
    assert ladder.shelf.used() <= budget


def test_a_level_that_can_never_fit_costs_nothing_else(short_model: Model, copied: Path) -> None:
    ladder = Ladder(short_model, folder=copied, budget=100_000_000)
    before = sorted(copied.rglob("*"))
    assert failed(lambda: ladder.rung("F32")).key == "ladder-over-budget"
    assert sorted(path for path in copied.rglob("*") if path.name != ".lock") == before


def test_a_full_disk_is_told_before_it_is_filled(short_model: Model, small_disk: Path) -> None:
    error = failed(lambda: Ladder(short_model, folder=small_disk).rung("Q8_0"))
    assert (error.key, error.params["path"]) == ("model-disk-full", str(small_disk))


def test_a_disk_that_fills_up_meanwhile_is_told_too(short_model: Model, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=130m", str(small_disk)], check=True)
    ladder = Ladder(short_model, folder=small_disk)

    def fill(_done: int, _total: int, _what: str) -> None:
        with (small_disk / "other").open("ab") as other, suppress(OSError):
            os.posix_fallocate(other.fileno(), 0, shutil.disk_usage(small_disk).free + other.tell())

    error = failed(lambda: ladder.rung("Q8_0", fill))
    assert error.key == "model-disk-full"
    assert list(ladder.folder.iterdir()) == []


def test_a_broken_level_is_built_again_with_the_same_bits_and_a_touched_one_is_not(
    short_model: Model, copied: Path
) -> None:
    rung = Ladder(short_model, folder=copied).rung("Q8_0")
    os.utime(rung.path)
    told: set[str] = set()
    same = Ladder(short_model, folder=copied).rung("Q8_0", lambda _done, _total, what: told.add(what))
    assert (same, told) == (rung, {"sha256"})
    with rung.path.open("r+b") as file:
        file.seek(-1000, os.SEEK_END)
        file.write(bytes(100))
    assert rung not in Ladder(short_model, folder=copied).built()
    again = Ladder(short_model, folder=copied).rung("Q8_0")
    assert again.sha256 == sha256(again.path) == rung.sha256


def test_a_folder_that_cannot_be_written_is_named(
    short_model: Model, tmp_path: Path, make_read_only: Callable[[Path], None]
) -> None:
    make_read_only(tmp_path)
    error = failed(lambda: Ladder(short_model, folder=tmp_path).rung("Q8_0"))
    assert (error.key, error.params["path"]) == ("model-cache-unwritable", str(tmp_path))


def test_unknown_levels_and_models_without_a_file() -> None:
    model = find("smollm2-135m")
    error = failed(lambda: Ladder(model).rung("Q9_K"))
    assert (error.key, error.params["name"]) == ("level-unknown", "Q9_K")
    error = failed(lambda: Ladder(find("http://localhost:8080/v1#qwen")))
    assert error.key == "server-has-no-file"


def test_a_broken_source_is_named(short_model: Model, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(short_model.location.read_bytes()[:5_000_000])
    error = failed(lambda: Ladder(find(str(path)), folder=tmp_path / "ladder").rung("Q8_0"))
    assert error.key == "model-load-failed"
    assert error.params["path"] == str(path)
    path.write_bytes(b"GGUF" + bytes(1000))
    assert failed(lambda: Ladder(find(str(path)), folder=tmp_path).source).key == "model-load-failed"
