"""Forms: their examples, their shapes, and how a person names one."""

from __future__ import annotations

import pytest

from scene import forms
from scene.atoms import Kind, Lang
from scene.choice import choose, split
from scene.forms import Form
from scene.parse import parse

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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("поэма: снегволк", (Form.POEM, "снегволк")),
        ("снегволк — эссе", (Form.ESSAY, "снегволк")),
        ("poem seasaltmemory", (Form.POEM, "seasaltmemory")),
        ("⚡🌫🫁 стихи", (Form.POEM, "⚡🌫🫁")),
        ("физическая метафора: снегволк", (Form.METAPHOR, "снегволк")),
        ("тишина: снегволк", (Form.SILENCE, "снегволк")),
        ("жар тишина", (None, "жар тишина")),  # a scene, not the form
        ("снегволк", (None, "снегволк")),
        ("жар тишина вход", (None, "жар тишина вход")),
        ("поэма", (None, "поэма")),
    ],
)
def test_a_form_is_named_by_word(text: str, expected: tuple[Form | None, str]) -> None:
    assert split(text) == expected


def test_without_a_name_the_persona_chooses_else_the_kind() -> None:
    bodily, logical = parse("⚡🌫🫁"), parse("числограницапредел")
    assert (bodily.kind, logical.kind) == (Kind.BODILY, Kind.LOGICAL)
    assert choose(bodily, None) is Form.POEM
    assert choose(logical, None) is Form.LOGIC
    assert choose(bodily, "philosopher") is Form.ESSAY
