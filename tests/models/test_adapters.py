"""LoRA adapters, made here for the test model: they change the voice, and only of who asked for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
import pytest

from models.backend import Adapter, Prompt, Sampling
from models.engine import Engine, Hardware
from scene.errors import ModelError

HEAD = "Colours, one a line.\n\nsky:\nblue\n\ngrass:\ngreen\n\n"
SHORT = Sampling(max_tokens=12)
LAYERS, WIDTH, RANK = 30, 576, 4  # of SmolLM2-135M


def make_adapter(
    path: Path, architecture: str = "llama", strength: float = 0.6, width: int = WIDTH, seed: int = 7
) -> Path:
    """Write a LoRA adapter of random numbers, in the format of llama.cpp's convert_lora_to_gguf.py."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(RANK))
    dice = np.random.default_rng(seed)
    for layer in range(LAYERS):
        name = f"blk.{layer}.attn_output.weight"
        writer.add_tensor(f"{name}.lora_a", dice.normal(0, strength / width**0.5, (RANK, width)).astype("f4"))
        writer.add_tensor(f"{name}.lora_b", dice.normal(0, strength, (width, RANK)).astype("f4"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_adapter(tmp_path_factory.mktemp("adapters") / "voice.gguf")


@pytest.fixture(scope="module")
def alone(model_path: Path) -> Iterator[Engine]:
    engine = Engine(model_path, hardware=Hardware(threads=1), cells=4096)
    yield engine
    engine.close()


async def _logprobs(engine: Engine, *adapters: Adapter) -> list[list[float]]:
    return await engine.score(Prompt(HEAD, "snow:\n", adapters=adapters), ["white", "red"])


async def test_an_adapter_changes_the_voice_by_its_scale(alone: Engine, voice: Path) -> None:
    plain = await _logprobs(alone)
    silent = await _logprobs(alone, Adapter(voice, 0.0))
    half, full = [await _logprobs(alone, Adapter(voice, scale)) for scale in (0.5, 1.0)]
    assert np.allclose(np.concatenate(silent), np.concatenate(plain), atol=1e-3)
    apart = [float(np.abs(np.concatenate(found) - np.concatenate(plain)).max()) for found in (half, full)]
    assert apart[0] > 0.01
    assert apart[1] > 0.01
    assert half != full
    assert await _logprobs(alone) == plain


async def test_voices_at_the_same_time_stay_apart(alone: Engine, voice: Path) -> None:
    voices: list[list[Adapter]] = [[], [Adapter(voice)], [], [Adapter(voice, 0.5)]]
    one_by_one = [await _logprobs(alone, *adapters) for adapters in voices]
    together = await asyncio.gather(*(_logprobs(alone, *adapters) for adapters in voices))
    for a, b in zip(one_by_one, together, strict=True):
        assert np.allclose(np.concatenate(a), np.concatenate(b), atol=0.05)
    assert not np.allclose(np.concatenate(together[0]), np.concatenate(together[1]), atol=0.05)


async def test_several_adapters_speak_at_once(alone: Engine, voice: Path, tmp_path: Path) -> None:
    first = Adapter(voice, 0.5)
    second = Adapter(make_adapter(tmp_path / "second.gguf", seed=8), 0.5)
    [both, turned, one, other] = [
        np.concatenate(await _logprobs(alone, *adapters))
        for adapters in ([first, second], [second, first], [first], [second])
    ]
    assert np.allclose(both, turned, atol=1e-2)
    for alone_ in (one, other):
        assert np.abs(both - alone_).max() > 0.01
    silent = Adapter(second.path, 0.0)
    assert np.allclose(np.concatenate(await _logprobs(alone, first, silent)), one, atol=1e-3)


async def test_an_adapter_may_go_away_once_it_was_read(alone: Engine, tmp_path: Path) -> None:
    path = make_adapter(tmp_path / "leaving.gguf", seed=9)
    prompt = Prompt(HEAD, "snow:\n", adapters=(Adapter(path),))
    writing = asyncio.create_task(alone.candidates(prompt, Sampling(max_tokens=60), count=2, seed=1))
    others = asyncio.create_task(alone.candidates(Prompt(HEAD, "snow:\n"), SHORT, count=1, seed=1))
    await others  # both have begun by now
    path.unlink()
    assert (await writing).items


async def test_texts_are_written_with_an_adapter(alone: Engine, voice: Path) -> None:
    prompt = Prompt(HEAD, "snow:\n", adapters=(Adapter(voice),))
    plain, voiced = await asyncio.gather(
        alone.candidates(Prompt(HEAD, "snow:\n"), SHORT, count=3, seed=1),
        alone.candidates(prompt, SHORT, count=3, seed=1),
    )
    assert [item.text for item in plain.items] != [item.text for item in voiced.items]


@pytest.mark.parametrize("fault", ["architecture", "shape", "model", "garbage"])
async def test_what_does_not_fit_is_refused_by_name(
    alone: Engine, tmp_path: Path, model_path: Path, fault: str
) -> None:
    path = tmp_path / "stranger.gguf"
    if fault == "architecture":
        make_adapter(path, "qwen2")
    elif fault == "shape":
        make_adapter(path, width=512)
    elif fault == "model":
        path = model_path
    else:
        path.write_bytes(b"GGUF nothing of the kind")
    with pytest.raises(ModelError) as caught:
        await alone.candidates(Prompt(HEAD, "snow:\n", adapters=(Adapter(path),)), SHORT, count=1, seed=1)
    assert caught.value.key == "adapter-refused"
    assert str(path) in str(caught.value.params["path"])
    assert (await alone.candidates(Prompt(HEAD, "snow:\n"), SHORT, count=1, seed=1)).items


async def test_an_adapter_that_is_not_there_is_told(alone: Engine, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        await _logprobs(alone, Adapter(tmp_path / "none.gguf"))
    assert caught.value.key == "adapter-missing"
