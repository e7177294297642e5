"""What counts as a text of each form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene import shapes
from scene.forms import Form


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form.NARRATIVE, "снег"),
        (Form.NARRATIVE, "Снег, волк и след на поле, рассвет над лесом и рекой."),
        (Form.NARRATIVE, "Всю ночь шёл снег, и волк вышел из леса к"),
        (Form.ESSAY, "Одна короткая мысль."),
        (Form.ESSAY, "Снег лежит на белом поле. Волк идёт по лесу и оставляет след."),
        (Form.FORMULA, "просто слова без знаков"),
        (Form.FORMULA, "снег → → след"),
        (Form.FORMULA, "(снег × волк → след"),
        (Form.FORMULA, "снег → след."),
        (Form.POEM, "одна строка, и всё"),
        (Form.POEM, "снег\nволк\nслед"),
        (Form.POEM, "Снег лёг на поле.\nВолк прошёл и не оглянулся.\nОстался след на,"),
        (Form.SILENCE, "… это уже целое предложение из слов"),
        (Form.EMOJI, "⚡ и туман"),
        (Form.EMOJI, "⚡"),
        (Form.METAPHOR, "снег → волк → след"),
        (Form.METAPHOR, "t = 0: снег и волк."),
        (Form.METAPHOR, "t = 0: снег лёг → волк пришёл → след остался."),
        (Form.LOGIC, "Снег хранит форму, волк идёт."),
        (Form.LOGIC, "Снег хранит форму, волк идёт → след → рассвет."),
        (Form.LOGIC, "Снег хранит форму, волк идёт → след"),
        (Form.POEM, ""),
    ],
)
def test_other_shapes_are_refused(form: Form, text: str) -> None:
    assert not shapes.is_shaped(form, text, 3)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form.NARRATIVE, "Всю ночь шёл снег. Волк вышел из леса и пропал."),
        (Form.NARRATIVE, "The wolf left the house at night, and snow fell on its trace."),
        (Form.ESSAY, "Снег учит молчать. Но проходит волк, и мы впервые слышим себя."),
        (Form.FORMULA, "∫ море dt = память; |память| ≥ 0,5 → соль²"),
        (Form.FORMULA, "Δ(свет + тьма) ⇒ −f(x) ^ 2"),
        (Form.POEM, "Снег лёг на поле.\nВолк прошёл.\nОстался след до самой реки."),
        (Form.METAPHOR, "t = 0,5: снег теряет энергию → волк → след."),
        (Form.LOGIC, "Если снег хранит форму, то волк оставит след → рассвет откроет его."),
        (Form.SILENCE, "… след"),
        (Form.EMOJI, "❄🐺 🐾"),
    ],
)
def test_its_own_shape_is_taken(form: Form, text: str) -> None:
    assert shapes.is_shaped(form, text, 3)


@given(st.sampled_from(Form), st.text(max_size=80), st.integers(1, 8))
def test_any_text_gets_an_answer(form: Form, text: str, atoms: int) -> None:
    assert shapes.is_shaped(form, text, atoms) in (True, False)
