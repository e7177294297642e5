"""Forms: their examples, and what they are called."""

from __future__ import annotations

import pytest

from scene import agreement, forms, shapes
from scene.atoms import Lang
from scene.errors import SceneError
from scene.forms import Form

EVERY = [(form, lang) for form in Form for lang in (Lang.RU, Lang.EN)]


@pytest.mark.parametrize(("form", "lang"), EVERY)
def test_examples_are_what_they_teach(form: Form, lang: Lang) -> None:
    voice = forms.voice(form, lang)
    assert len(voice.shots) >= 3
    for shot in voice.shots:
        assert shapes.is_shaped(form, shot.text, len(shot.chain)), shot.text
        if form in (Form.POEM, Form.NARRATIVE, Form.ESSAY):
            assert agreement.share(shot.text, lang) > 0.8, shot.text


@pytest.mark.parametrize(
    ("name", "form"),
    [("poem", Form.POEM), ("Поэма", Form.POEM), (" стихи ", Form.POEM), ("logic", Form.LOGIC)],
)
def test_a_form_is_known_by_many_names(name: str, form: Form) -> None:
    assert forms.named(name) is form


def test_an_unknown_form_is_named() -> None:
    with pytest.raises(SceneError) as caught:
        forms.named("sonnet")
    assert caught.value.params["name"] == "sonnet"
