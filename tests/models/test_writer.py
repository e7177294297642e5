"""The writer with a real model: every form, both prompt styles, seeds and scores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models import catalog
from models.embedder import Embedder
from models.engine import Engine
from models.judge import Judge
from models.personas import persona
from models.writer import Writer
from scene import emoji, forms
from scene.atoms import Lang
from scene.errors import ModelError
from scene.forms import Form
from scene.parse import parse

SCENE = parse("ashflashlifesilence")


@pytest.fixture(scope="module")
def writer(engine: Engine, embedder: Embedder) -> Writer:
    return Writer(engine, catalog.find("smollm2-135m"), embedder)


@pytest.mark.parametrize("form", list(Form))
async def test_every_form_is_voiced(writer: Writer, form: Form) -> None:
    written = await writer.write(SCENE, form, Lang.EN, seed=7, count=4)
    shown = [shot.text for shot in forms.voice(form, Lang.EN).shots]
    assert written.text
    assert written.form is form
    assert 0 <= written.scores.resonance <= 1
    assert 0 <= written.scores.coverage <= 1
    assert 0 < written.first_token_seconds <= written.seconds
    assert written.candidates in (4, 8)
    if form is not Form.SILENCE:
        assert written.text not in shown


async def test_emoji_are_only_emoji_and_silence_is_almost_nothing(writer: Writer) -> None:
    shown = await writer.write(parse("снегволкогонь"), Form.EMOJI, Lang.RU, seed=1, count=4)
    assert len(emoji.clusters(shown.text)) == 3
    assert all(map(emoji.is_emoji, emoji.clusters(shown.text)))
    silent = await writer.write(SCENE, Form.SILENCE, Lang.EN, seed=1, count=4)
    assert silent.text.startswith("…")
    assert len(silent.text) <= 32


async def test_the_same_seed_gives_the_same_text(writer: Writer) -> None:
    first, again, other = [
        (await writer.write(SCENE, Form.POEM, Lang.EN, seed=seed, count=3)).text for seed in (5, 5, 6)
    ]
    assert first == again != other


async def test_few_shot_style_and_personas(engine: Engine, embedder: Embedder) -> None:
    model = replace(catalog.find("smollm2-135m"), style="few-shot")
    writer = Writer(engine, model, embedder)
    plain = await writer.write(SCENE, Form.ESSAY, Lang.EN, seed=3, count=2)
    spoken = await writer.write(SCENE, Form.ESSAY, Lang.EN, seed=3, count=2, persona=persona("философ"))
    assert spoken.persona is not None
    assert spoken.persona.name == "philosopher"
    assert plain.text != spoken.text


def test_an_unknown_persona_is_named() -> None:
    with pytest.raises(ModelError) as caught:
        persona("nobody")
    assert caught.value.key == "persona-unknown"


def test_the_judge_tells_good_from_bad(embedder: Embedder) -> None:
    judge = Judge(embedder)
    scene = parse("снегволкследрассвет")

    def total(form: Form, text: str) -> float:
        return judge.scores(scene, form, Lang.RU, text, -1.0).total

    good = "Снег лежит на крыше дома,\nволк идёт стороной.\nСлед его уже знакомый,\nи рассвет надо мной."
    assert total(Form.POEM, good) > total(
        Form.POEM, "Солнце светит над домами,\nпьём мы чай из самовара,\nи поём мы."
    )
    assert total(Form.POEM, good) > total(Form.POEM, "\n".join(reversed(good.split("\n"))))
    assert total(Form.POEM, good) > total(
        Form.POEM, good.replace("крыше", "крышках").replace("знакомый", "знакмый")
    )
    assert total(Form.POEM, good) > total(Form.POEM, "Snow and wolf\nand a trace\nand the dawn are here")
    assert total(Form.POEM, good) > total(Form.POEM, forms.voice(Form.POEM, Lang.RU).shots[0].text)
    inflected = judge.scores(
        scene, Form.NARRATIVE, Lang.RU, "В снегу волка не видно, по следам — к рассвету.", -1.0
    )
    assert inflected.coverage == 1
    assert inflected.order == 1


def test_emoji_keep_a_scene_by_meaning(embedder: Embedder) -> None:
    judge = Judge(embedder)
    scene = parse("снегволкогонь")
    assert judge.scores(scene, Form.EMOJI, Lang.RU, "❄️🐺🔥", -1.0).coverage == 1
    assert judge.scores(scene, Form.EMOJI, Lang.RU, "🍞🎲⚓", -1.0).coverage == 0
