"""The catalog's facts hold together, and a name or a path finds its model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.catalog import HubSource, Model, RegistrySource, cache_dir, catalog, default_id, find
from scene.errors import ModelError

ROOT = Path(__file__).parents[2]

each_model = pytest.mark.parametrize("model", catalog().values(), ids=lambda model: model.id)


def test_names_that_scripts_rely_on() -> None:
    models = catalog()
    assert default_id() == "qwen2.5-coder-1.5b"
    assert models["qwen2.5-coder-1.5b"].style == "chat"
    assert models["gemma-3-270m"].style == "few-shot"
    assert models["smollm2-135m"].style == "chat"
    assert models["qwen3-4b"].assistant_prefix == "<think>\n\n</think>\n\n"


def test_the_named_models_need_no_hub() -> None:
    models = catalog()
    for name in ("qwen2.5-coder-1.5b", "gemma-3-270m", "smollm2-135m"):
        assert isinstance(models[name].sources[0], RegistrySource)


@each_model
def test_facts_of_each_model(model: Model) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)
    assert model.bytes > 50_000_000
    assert model.context >= 8192
    assert model.licence
    assert set(model.languages) <= {"en", "ru"}
    assert model.sources
    for source in model.sources:
        if isinstance(source, HubSource):
            assert re.fullmatch(r"[0-9a-f]{40}|main", source.revision)
        else:
            # The parts' sizes add up to the file's, so the length of a broken download tells its parts.
            assert (source.parts - 1) * source.part_bytes < model.bytes <= source.parts * source.part_bytes


def test_no_two_models_share_a_file() -> None:
    files = [model.file for model in catalog().values()]
    assert len(set(files)) == len(files)


def test_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HYPERBRIDGE_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    assert find("smollm2-135m").location == tmp_path / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    monkeypatch.setenv("HYPERBRIDGE_CACHE", "")
    assert cache_dir().name == "hyperbridge"


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        find("gpt-5")
    assert caught.value.key == "model-unknown"
    assert caught.value.params["name"] == "gpt-5"
    assert "qwen2.5-coder-1.5b" in str(caught.value.params["known"])


@pytest.mark.parametrize("name", ["none.gguf", "folder/none", "none.GGUF"])
def test_missing_file(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        find(name)
    assert caught.value.key == "model-file-missing"


@pytest.mark.parametrize("content", [b"", b"GGU", b"<html>not a model</html>"])
def test_file_of_another_kind(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        find(str(path))
    assert caught.value.key == "model-not-gguf"


def test_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        find(str(tmp_path))
    assert caught.value.key == "model-file-missing"


def test_file_that_the_catalog_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "my-model.gguf"
    path.write_bytes(b"GGUF and the rest")
    model = find(str(path))
    assert (model.id, model.style, model.sha256, model.sources) == ("my-model", "chat", "", ())
    assert model.location == path


def test_copy_of_a_catalog_file_keeps_its_entry(tmp_path: Path) -> None:
    known = catalog()["gemma-3-270m"]
    path = tmp_path / known.file
    with path.open("wb") as file:
        file.write(b"GGUF")
        file.truncate(known.bytes)  # sparse: takes no room
    model = find(str(path))
    assert (model.id, model.style, model.sha256) == (known.id, "few-shot", known.sha256)
    assert model.location == path


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_error_has_its_sentence(language: str) -> None:
    sources = [ROOT / "models" / f"{name}.py" for name in ("catalog", "partial", "hub", "registry", "fetch")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    raised = set(re.findall(r'Error\(\s*"((?:model|source)-[a-z-]+)"', code))
    text = (ROOT / "bot" / "locales" / language / "models.ftl").read_text(encoding="utf-8")
    assert len(raised) > 15
    assert set(re.findall(r"^([a-z-]+) =", text, re.MULTILINE)) == raised
