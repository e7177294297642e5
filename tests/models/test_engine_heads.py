"""Heads are read once: for all who share them, and for the next start."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from models.backend import Prompt, Sampling
from models.catalog import Model
from models.engine import Engine, Hardware
from models.engine.machine import cores
from models.engine.shelf import Shelf

HEAD = "Colours, one a line.\n\n" + "".join(
    f"{thing}:\n{colour}\n\n" for thing, colour in [("sky", "blue"), ("grass", "green"), ("blood", "red")] * 4
)
SHORT = Sampling(max_tokens=8)


def _engine(model_path: Path, cache: Path | None) -> Engine:
    return Engine(model_path, hardware=Hardware(threads=1), cells=4096, cache=cache)


async def _ask(engine: Engine, head: str = HEAD, seed: int = 1) -> tuple[list[str], list[list[float]], int]:
    """Texts, their log-probabilities, and how many tokens were read for them."""
    before = engine.meter.tokens
    found = await engine.candidates(Prompt(head, "snow:\n"), SHORT, count=2, seed=seed)
    items = found.items
    return [item.text for item in items], [item.logprobs for item in items], engine.meter.tokens - before


@dataclass(frozen=True)
class Kept:
    """A folder that an engine has left behind, and what it wrote."""

    folder: Path
    texts: tuple[list[str], list[list[float]]]


@pytest.fixture(scope="module")
def kept(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What every test can begin with, so that the machine is not measured for each."""
    folder = tmp_path_factory.mktemp("kept")
    engine = _engine(model_path, folder)
    texts, logprobs, _ = asyncio.run(_ask(engine))
    engine.close()
    return Kept(folder, (texts, logprobs))


@pytest.fixture
def cache(kept: Kept, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return Path(shutil.copytree(kept.folder, tmp_path / "cache"))


@pytest.fixture
def few_layers(short_model: Model) -> Path:
    """A model with which a machine is soon measured."""
    return short_model.location


def _files(cache: Path) -> list[Path]:
    return sorted((cache / "heads").glob("*.head"))


async def test_a_head_outlives_the_engine_bit_for_bit(model_path: Path, kept: Kept, cache: Path) -> None:
    [file] = _files(cache)
    second = _engine(model_path, cache)
    restarted = await _ask(second)
    warm = await _ask(second)
    second.close()
    assert kept.texts == restarted[:2] == warm[:2]
    assert _files(cache) == [file]


async def test_callers_at_once_read_their_common_head_once(model_path: Path) -> None:
    engine = _engine(model_path, None)
    try:
        head = len(engine.llama.tokenize(HEAD))
        before = engine.meter.prompt_tokens
        await asyncio.gather(*(_ask(engine, seed=seed) for seed in range(6)))
        assert head <= engine.meter.prompt_tokens - before < head + 6 * 12
    finally:
        engine.close()


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "other"])
async def test_a_damaged_head_is_read_anew(model_path: Path, kept: Kept, cache: Path, damage: str) -> None:
    [file] = _files(cache)
    data = bytearray(file.read_bytes())
    if damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "flip":
        data[len(data) // 2] ^= 0xFF
    elif damage == "empty":
        data.clear()
    else:
        data[:] = b"something else" * 1000
    file.write_bytes(data)
    second = _engine(model_path, cache)
    try:
        assert (await _ask(second))[:2] == kept.texts
        assert _files(cache) == [file]  # written anew, the same again
        assert bytes(data) != file.read_bytes()
    finally:
        second.close()


async def test_without_a_disk_heads_are_kept_for_the_process(few_layers: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("not a folder")
    engine = _engine(few_layers, nowhere)
    try:
        await _ask(engine)
        before = engine.meter.prompt_tokens
        await _ask(engine)
        assert engine.meter.prompt_tokens - before < 20
    finally:
        engine.close()


async def test_the_longest_unused_heads_make_room(model_path: Path, cache: Path) -> None:
    engine = _engine(model_path, cache)
    try:
        [file] = _files(cache)
        engine._shelf._budget = int(file.stat().st_size * 2.5)
        for number in range(4):
            await _ask(engine, f"{number} {HEAD}")
        assert len(_files(cache)) == 2
        assert file not in _files(cache)
    finally:
        engine.close()


async def test_a_file_left_half_written_goes_when_it_is_old(tmp_path: Path) -> None:
    import os

    shelf = Shelf(tmp_path, "model")
    stale, fresh = tmp_path / "a-1.part", tmp_path / "b-2.part"
    for path in (stale, fresh):
        path.write_bytes(b"half")
    os.utime(stale, (0, 0))
    shelf._make_room()
    assert not stale.exists()
    assert fresh.exists()


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Has other programs use so many cores, as far as the system tells."""
    times, began = type(psutil.cpu_times()), time.monotonic()

    def use(cores: float) -> None:
        def told() -> object:
            own, since = psutil.Process().cpu_times(), time.monotonic() - began
            fields = {"user": own.user + own.system + cores * since}
            return times(**{name: fields.get(name, 0.0) for name in times._fields})

        monkeypatch.setattr(psutil, "cpu_times", told)

    return use


async def test_the_machine_is_measured_once_and_remembered(
    few_layers: Path, tmp_path: Path, others: Callable[[float], None]
) -> None:
    others(0.0)
    engine = Engine(few_layers, cells=1024, cache=tmp_path)
    await _ask(engine, "Hello, ")
    engine.close()
    [(name, found)] = json.loads((tmp_path / "machine.json").read_text()).items()
    assert found["threads"] >= 1
    assert len(found["costs"]) > 10
    assert all(seconds > 0 for seconds in found["costs"].values())
    changed = {name: {"threads": 1, "costs": {"8": 1.0, "16": 1.0}}}
    (tmp_path / "machine.json").write_text(json.dumps(changed))
    again = Engine(few_layers, cells=1024, cache=tmp_path)
    await _ask(again, "Hello, ")
    again.close()
    assert json.loads((tmp_path / "machine.json").read_text()) == changed


async def test_what_was_measured_among_other_programs_is_not_believed(
    few_layers: Path, tmp_path: Path, others: Callable[[float], None]
) -> None:
    async def remembered() -> dict[str, object]:
        engine = Engine(few_layers, cells=1024, cache=tmp_path)
        await _ask(engine, "Hello, ")
        engine.close()
        [found] = json.loads((tmp_path / "machine.json").read_text()).values()
        return found

    others(1.0)
    busy = {"threads": cores(), "costs": {}, "disturbed": True}
    assert await remembered() == busy
    assert await remembered() == busy
    others(0.0)
    quiet = await remembered()
    assert quiet["costs"]
    assert not quiet["disturbed"]
    others(1.0)
    assert await remembered() == quiet


@pytest.mark.parametrize("damage", ["{", '{"a": {"threads": "x"}}'])
async def test_a_damaged_memory_of_the_machine_is_measured_anew(
    few_layers: Path, tmp_path: Path, damage: str
) -> None:
    (tmp_path / "machine.json").write_text(damage)
    engine = Engine(few_layers, cells=1024, cache=tmp_path, hardware=Hardware(threads=1))
    await _ask(engine, "Hello, ")
    engine.close()
    [found] = json.loads((tmp_path / "machine.json").read_text()).values()
    assert found["threads"] == 1
