"""How a scene is laid out for a model."""

from __future__ import annotations

import pytest

from models import catalog, prompts
from models.prompts import Hint
from scene import forms
from scene.atoms import Lang
from scene.forms import Form
from scene.parse import parse
from scene.tempo import Tempo

FEW_SHOT = catalog.find("gemma-3-270m")
CHAT = catalog.find("qwen2.5-coder-1.5b")
SCENE = parse("пепелвспышкажизньтишина")


def _template(messages: object) -> str:
    return "".join(f"<{role}>{content}" for role, content in messages)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", [FEW_SHOT, CHAT], ids=["few-shot", "chat"])
@pytest.mark.parametrize("form", list(Form))
def test_the_head_is_the_same_for_every_scene_of_a_form(model: catalog.Model, form: Form) -> None:
    one, other = [
        prompts.build(model, _template, scene, form, Lang.RU, asked=Tempo((1.5, 0.5)))
        for scene in (SCENE, parse("дождьокнокамень"))
    ]
    assert one.head == other.head
    assert "пепел → вспышка → жизнь → тишина" in one.tail
    assert all(shot.text in one.head for shot in forms.voice(form, Lang.RU).shots)


@pytest.mark.parametrize("source", ["снегволкследрассвет", "❄🐺🌅"])
def test_an_example_that_is_the_scene_itself_is_left_out(source: str) -> None:
    scene = parse(source)
    shown = prompts.build(FEW_SHOT, _template, scene, Form.POEM, Lang.RU)
    assert forms.voice(Form.POEM, Lang.RU).shots[0].text not in shown.head
    assert forms.voice(Form.POEM, Lang.RU).shots[1].text in shown.head


def test_a_tempo_is_asked_for_in_words_and_shown_by_examples() -> None:
    asked = prompts.build(FEW_SHOT, _template, SCENE, Form.POEM, Lang.RU, asked=Tempo((1.4, 0.6, 1.0, 1.0)))
    assert "Ритм: долгая, короткая, ровная, ровная\n" in asked.tail
    assert asked.head.count("Ритм: ") == len(forms.voice(Form.POEM, Lang.RU).shots)
    formula = prompts.build(FEW_SHOT, _template, SCENE, Form.FORMULA, Lang.RU, asked=Tempo((1.4, 0.6)))
    assert "Ритм" not in formula.head + formula.tail


def test_a_failure_becomes_a_hint() -> None:
    hint = Hint("Снег лёг на поле.", missing=("вспышка", "тишина"), strange=("снег",))
    tail = prompts.build(FEW_SHOT, _template, SCENE, Form.POEM, Lang.RU, hint=hint).tail
    assert "Не забыть: вспышка, тишина\nБез слов: снег\nСтихи:\n" in tail
    chat = prompts.build(CHAT, _template, SCENE, Form.POEM, Lang.RU, hint=hint)
    assert chat.messages[-2] == ("assistant", hint.text)
    assert "Не забыть: вспышка, тишина" in chat.messages[-1][1]


def test_emoji_are_named() -> None:
    tail = prompts.build(FEW_SHOT, _template, parse("🔑🌊"), Form.POEM, Lang.RU).tail
    assert "ключ" in tail
    assert "🔑" not in tail
