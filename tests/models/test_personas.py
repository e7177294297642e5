"""Personas: the bundled ones, masks, several at once, and a person's own files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import catalog
from models.backend import Adapter
from models.embedder import Embedder
from models.engine import Engine
from models.personas import Persona, join, mask_for, persona, personas
from models.writer import Writer
from scene.atoms import Kind, Lang
from scene.errors import ModelError
from scene.forms import Form
from scene.parse import parse
from tests.models.test_adapters import make_adapter

SAILOR = """
[sailor]
temperature = 0.7
forms = ["narrative", "poem"]
adapters = [{ path = "salt.gguf", scale = 0.5 }]
ru = { title = "старый моряк", manner = "коротко, с солью на губах." }
en = { title = "Old Sailor", manner = "shortly, with salt on the lips" }
"""


def write(folder: Path, text: str, name: str = "own.toml") -> Path:
    folder.joinpath(name).write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        personas(folder)
    return caught.value


def test_the_bundled_personas_and_a_mask_for_every_kind() -> None:
    assert {"philosopher", "poet", "interface"} <= personas().keys()
    assert sorted(kind for each in personas().values() for kind in each.masks) == sorted(Kind)
    for each in personas().values():
        for lang in (Lang.RU, Lang.EN):
            assert each.titles[lang].casefold() in each.prompts[lang].casefold()
            assert each.prompts[lang].endswith(".")


@pytest.mark.parametrize("name", ["тело+поэт", "поэт+тело", "poet + Body", "body+poet+тело"])
def test_a_mask_is_put_over_a_voice_in_any_order_and_language(name: str) -> None:
    worn = persona(name)
    assert worn.name == "body+poet"
    assert worn == join([persona("poet"), persona("body")])
    assert worn.titles == {Lang.RU: "тело и поэт", Lang.EN: "body and poet"}
    assert worn.prompts[Lang.RU].startswith("Тело и поэт говорят одним голосом: ")
    assert persona("poet").manners[Lang.EN] in worn.prompts[Lang.EN]
    assert worn.forms == persona("poet").forms
    assert worn.masks == (Kind.BODILY,)


@given(st.lists(st.sampled_from(sorted(personas())), min_size=1, max_size=4))
def test_joining_means_the_same_in_any_order(names: list[str]) -> None:
    one = persona("+".join(names))
    assert one == persona("+".join(reversed(names)))
    assert set(one.name.split("+")) == set(names)
    assert one.count == len(set(names))
    each = [personas()[name] for name in names]
    assert min(e.temperature for e in each) <= one.temperature <= max(e.temperature for e in each)
    assert min(e.min_p for e in each) <= one.min_p <= max(e.min_p for e in each)


@pytest.mark.parametrize("name", ["nobody", "poet+nobody", "poet+", "+", ""])
def test_an_unknown_persona_is_named(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        persona(name)
    assert caught.value.key == "persona-unknown"
    assert "philosopher" in str(caught.value.params["known"])


def test_a_voice_puts_on_a_mask_where_the_scene_calls_for_one() -> None:
    poet = persona("poet")
    assert mask_for(poet, Kind.BODILY) == persona("body")
    assert mask_for(poet, Kind.LOGICAL) == persona("mind")
    assert mask_for(poet, Kind.ARCHETYPAL) is None
    assert mask_for(persona("myth+poet"), Kind.BODILY) is None


def test_a_persons_own_persona_stands_beside_the_bundled_ones(tmp_path: Path) -> None:
    sailor = persona("старый  МОРЯК", write(tmp_path, SAILOR))
    assert (sailor.name, sailor.temperature, sailor.forms) == ("sailor", 0.7, (Form.NARRATIVE, Form.POEM))
    assert sailor.prompts[Lang.RU] == "Говорит старый моряк: коротко, с солью на губах."
    assert sailor.adapters == (Adapter(tmp_path / "salt.gguf", 0.5),)
    assert list(personas(tmp_path))[:3] == ["philosopher", "poet", "interface"]
    assert persona("sailor+poet", tmp_path).forms == (Form.POEM, Form.NARRATIVE)
    assert "sailor" not in personas()


def test_a_persons_own_poet_replaces_the_bundled_one(tmp_path: Path) -> None:
    own = SAILOR.replace("[sailor]", "[poet]").replace("старый моряк", "поэт")
    assert persona("поэт", write(tmp_path, own)).adapters
    assert list(personas(tmp_path)) == list(personas())


def test_adapters_stack_and_a_file_worn_twice_is_worn_once() -> None:
    def wearing(name: str, *adapters: Adapter) -> Persona:
        manners = {Lang.RU: "тихо", Lang.EN: "quietly"}
        return Persona(name, manners, manners, 0.7, 0.1, adapters=adapters)

    salt, silk = Path("salt.gguf"), Path("silk.gguf")
    one, two = wearing("a", Adapter(salt, 0.5)), wearing("b", Adapter(silk, 0.7), Adapter(salt, 0.9))
    assert join([one, two]).adapters == (Adapter(salt, 0.9), Adapter(silk, 0.7))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[sailor", "table declaration"),
        ("", "no persona"),
        ("sailor = 1", "sailor"),
        (SAILOR.replace("en =", "de ="), "sailor.en"),
        (SAILOR.replace("0.7", "0"), "sailor.temperature"),
        (SAILOR.replace("0.7", "nan"), "sailor.temperature"),
        (SAILOR.replace('"poem"', '"opera"'), "sailor.forms"),
        (SAILOR.replace("0.5", "inf"), "sailor.adapters.0.scale"),
        (SAILOR.replace("Old Sailor", "Old+Sailor"), "sailor.en.title"),
        (SAILOR.replace("Old Sailor", " "), "sailor.en.title"),
        (SAILOR.replace("[sailor]", '["Сэр Моряк"]'), "Сэр Моряк"),
        (SAILOR.replace("temperature", "temprature"), "temprature"),
    ],
)
def test_a_bad_file_is_told_by_name_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    error = refusal(write(tmp_path, text))
    assert error.key == "persona-file-wrong"
    assert error.params["path"] == str(tmp_path / "own.toml")
    assert reason in str(error.params["reason"])


def test_a_name_that_is_taken_is_told(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, SAILOR.replace("старый моряк", "Поэт")))
    assert (error.key, error.params["name"]) == ("persona-name-taken", "поэт")
    write(tmp_path, SAILOR)
    error = refusal(write(tmp_path, SAILOR, "second.toml"))
    assert (error.key, error.params["name"]) == ("persona-name-taken", "old sailor")
    assert error.params["path"] == str(tmp_path / "second.toml")


def test_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere").key == "personas-no-folder"
    tmp_path.joinpath("own.toml").write_bytes("[моряк]".encode("cp1251"))
    assert refusal(tmp_path).key == "persona-file-wrong"
    tmp_path.joinpath("own.toml").unlink()
    tmp_path.joinpath("own.toml").mkdir()
    assert refusal(tmp_path).key == "persona-file-wrong"


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_other_file_is_told_too(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        write(path, text)
        assert refusal(path).key == "persona-file-wrong"


async def test_a_persona_speaks_with_its_adapter(engine: Engine, embedder: Embedder, tmp_path: Path) -> None:
    write(tmp_path, SAILOR)
    writer = Writer(engine, catalog.find("smollm2-135m"), embedder)
    scene, sailor = parse("ashflashlifesilence"), persona("sailor", tmp_path)

    async def say() -> str:
        return (await writer.write(scene, Form.ESSAY, Lang.EN, seed=3, count=2, persona=sailor)).text

    with pytest.raises(ModelError) as caught:
        await say()
    assert caught.value.key == "adapter-missing"
    make_adapter(tmp_path / "salt.gguf", "qwen2")
    with pytest.raises(ModelError) as caught:
        await say()
    assert caught.value.key == "adapter-refused"
    make_adapter(tmp_path / "salt.gguf", strength=0.2)
    salted = await say()
    sailor = Persona(sailor.name, sailor.titles, sailor.manners, sailor.temperature, sailor.min_p)
    assert salted != await say()
