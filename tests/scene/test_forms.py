"""Forms: their examples and their shapes."""

from __future__ import annotations

import pytest

from scene import forms
from scene.atoms import Lang
from scene.forms import Form

EVERY = [(form, lang) for form in Form for lang in (Lang.RU, Lang.EN)]


@pytest.mark.parametrize(("form", "lang"), EVERY)
def test_examples_have_the_shape_they_teach(form: Form, lang: Lang) -> None:
    for shot in forms.voice(form, lang).shots:
        assert forms.is_shaped(form, shot.text, len(shot.chain)), shot.text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form.NARRATIVE, "снег"),
        (Form.ESSAY, "Одна короткая мысль."),
        (Form.FORMULA, "просто слова без знаков"),
        (Form.POEM, "одна строка, и всё"),
        (Form.SILENCE, "… это уже целое предложение из слов"),
        (Form.EMOJI, "⚡ и туман"),
        (Form.EMOJI, "⚡"),
        (Form.METAPHOR, "снег → волк → след"),
        (Form.LOGIC, "Снег хранит форму, волк идёт."),
        (Form.POEM, ""),
    ],
)
def test_other_shapes_are_refused(form: Form, text: str) -> None:
    assert not forms.is_shaped(form, text, 3)
