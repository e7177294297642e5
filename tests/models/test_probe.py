"""Model files that somebody forged."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from models import probe
from scene.errors import ModelError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYPERBRIDGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_file_that_ends_llama_cpp_is_told_in_a_sentence(
    tmp_path: Path, model_path: Path, cache: Path
) -> None:
    forged = bytearray(model_path.read_bytes())
    key = b"block_count" + struct.pack("<I", 4)  # a UINT32, says the GGUF specification
    at = forged.index(key) + len(key)
    forged[at : at + 4] = struct.pack("<I", 2**31 - 1)
    path = tmp_path / "hostile.gguf"
    path.write_bytes(forged)
    with pytest.raises(ModelError) as caught:
        probe.probe(path)
    assert caught.value.key == "model-load-failed"
    assert not cache.exists()


def test_a_sound_file_is_tried_once(tmp_path: Path, model_path: Path, cache: Path) -> None:
    path = tmp_path / "own.gguf"
    path.symlink_to(model_path)
    probe.probe(path)
    (tried,) = (cache / "probed").iterdir()
    before = tried.stat().st_mtime_ns
    probe.probe(path)
    assert tried.stat().st_mtime_ns == before
