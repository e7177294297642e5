"""Which form is chosen when a person names none, and why."""

from __future__ import annotations

import json
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene.atoms import Kind, Scene
from scene.choice import By, Choice, Reason, Turn, choose
from scene.forms import Form
from scene.parse import parse


class Speaker(TypedDict):
    """What ``choose`` is told of a persona."""

    persona: str
    liked: tuple[Form, ...]


POET: Speaker = {"persona": "poet", "liked": (Form.POEM, Form.NARRATIVE)}
BODILY, LOGICAL, IMAGE = (
    parse(source) for source in ("⚡🌫🫁", "числограницапредел", "пепелвспышкажизньтишина")
)


def turns(*forms: Form, by: By | None) -> list[Turn]:
    """Texts for different scenes, newest first."""
    return [Turn(len(forms) - place, form, by) for place, form in enumerate(forms)]


def chosen(choice: Choice) -> tuple[Form, By]:
    return choice.form, choice.by


def test_the_kind_chooses_where_nothing_else_speaks() -> None:
    assert (BODILY.kind, LOGICAL.kind, IMAGE.kind) == (Kind.BODILY, Kind.LOGICAL, Kind.ARCHETYPAL)
    assert chosen(choose(BODILY)) == (Form.POEM, By.KIND)
    assert chosen(choose(LOGICAL)) == (Form.LOGIC, By.KIND)
    assert chosen(choose(IMAGE)) == (Form.NARRATIVE, By.KIND)


def test_the_reason_names_the_words_that_the_kind_rests_on() -> None:
    reason = choose(parse("шагчислоогонь")).reason
    assert reason.kind is Kind.BODILY
    assert reason.words == ("шаг",)
    assert reason.others == (Form.METAPHOR, Form.NARRATIVE)


def test_who_asks_by_name_or_button_always_wins() -> None:
    mood = turns(Form.POEM, Form.POEM, by=By.NAMED)
    named = choose(LOGICAL, asked=Form.EMOJI, wording="в виде эмодзи", last=mood, **POET)
    assert chosen(named) == (Form.EMOJI, By.NAMED)
    assert named.reason.wording == "в виде эмодзи"
    assert named.reason.others[0] is Form.POEM  # what it would have been
    assert chosen(choose(LOGICAL, asked=Form.EMOJI)) == (Form.EMOJI, By.BUTTON)


@pytest.mark.parametrize("scene", [BODILY, LOGICAL, IMAGE])
def test_a_persona_speaks_in_its_form(scene: Scene) -> None:
    for form in (Form.ESSAY, Form.POEM, Form.FORMULA):
        assert choose(scene, persona="somebody", liked=[form]).form is form
    assert chosen(choose(LOGICAL, **POET)) == (Form.POEM, By.PERSONA)
    assert choose(LOGICAL, persona="of no opinion").form is Form.LOGIC


def test_a_mask_is_told_and_has_no_say() -> None:
    worn, bare = choose(BODILY, mask="body", **POET), choose(BODILY, **POET)
    assert chosen(worn) == chosen(bare)
    assert (worn.reason.mask, bare.reason.mask) == ("body", "")
    assert worn.reason.persona == "poet"


def test_a_reason_from_before_masks_is_read() -> None:
    kept = json.loads(choose(BODILY, **POET).reason.dump())
    del kept["mask"]
    assert Reason.load(json.dumps(kept)) == choose(BODILY, **POET).reason


def test_who_asked_for_one_form_twice_is_in_that_mood() -> None:
    for by in (By.NAMED, By.BUTTON):
        mood = choose(IMAGE, last=turns(Form.FORMULA, Form.FORMULA, by=by))
        assert chosen(mood) == (Form.FORMULA, By.DIALOGUE)
        assert mood.reason.repeated is Form.FORMULA
    once = turns(Form.FORMULA, by=By.NAMED)
    assert choose(IMAGE, last=once).form is Form.NARRATIVE
    assert choose(IMAGE, last=turns(Form.FORMULA, Form.POEM, by=By.NAMED)).form is Form.NARRATIVE
    poet = choose(IMAGE, **POET, last=turns(Form.FORMULA, Form.FORMULA, by=By.NAMED))
    assert chosen(poet) == (Form.POEM, By.PERSONA)


def test_a_button_pressed_after_each_scene_is_a_mood_too() -> None:
    pressed = [
        Turn(2, Form.EMOJI, By.BUTTON),
        Turn(2, Form.NARRATIVE, By.KIND),
        Turn(1, Form.EMOJI, By.BUTTON),
        Turn(1, Form.NARRATIVE, By.KIND),
    ]
    assert choose(IMAGE, last=pressed).form is Form.EMOJI


def test_a_dialogue_does_not_drone() -> None:
    last: list[Turn] = []
    said = []
    for number in range(6):
        choice = choose(IMAGE, last=last)
        said.append(choice.form)
        last.insert(0, Turn(number, choice.form, choice.by))
    assert said == [Form.NARRATIVE, Form.NARRATIVE, Form.METAPHOR] * 2
    again = choose(IMAGE, last=turns(Form.NARRATIVE, Form.NARRATIVE, by=By.KIND))
    assert chosen(again) == (Form.METAPHOR, By.DIALOGUE)
    # Another kind's first form is no drone.
    assert chosen(choose(BODILY, last=turns(Form.NARRATIVE, Form.NARRATIVE, by=By.KIND))) == (
        Form.POEM,
        By.KIND,
    )
    poet = choose(BODILY, **POET, last=turns(Form.POEM, Form.POEM, by=By.PERSONA))
    assert chosen(poet) == (Form.NARRATIVE, By.DIALOGUE)


def test_texts_of_unknown_origin_say_nothing() -> None:
    assert choose(IMAGE, last=turns(Form.NARRATIVE, Form.NARRATIVE, by=None)).form is Form.NARRATIVE


histories = st.lists(
    st.builds(Turn, st.integers(1, 4), st.sampled_from(Form), st.sampled_from([*By, None])), max_size=8
)


@given(
    st.sampled_from([BODILY, LOGICAL, IMAGE]),
    st.none() | st.sampled_from(Form),
    st.text(max_size=5),
    st.sampled_from(["", "philosopher", "poet"]),
    st.lists(st.sampled_from(Form), max_size=3, unique=True),
    st.sampled_from(["", "body"]),
    histories,
)
def test_every_choice_is_the_same_again_and_its_reason_can_be_kept(
    scene: Scene,
    asked: Form | None,
    wording: str,
    persona: str,
    liked: list[Form],
    mask: str,
    last: list[Turn],
) -> None:
    def make() -> Choice:
        return choose(scene, asked=asked, wording=wording, persona=persona, liked=liked, mask=mask, last=last)

    choice = make()
    assert choice == make()
    assert asked is None or choice.form is asked
    assert choice.by.asked == (asked is not None)
    assert choice.form not in choice.reason.others
    assert choice.reason.others
    assert Reason.load(choice.reason.dump()) == choice.reason


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"kind": "bodily"}', '{"kind": 1, "words": []}'])
def test_what_is_no_reason_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json's own message, or ours
        Reason.load(text)


def test_a_form_that_is_set_for_all_scenes_is_no_mood_and_no_drone() -> None:
    assert chosen(choose(IMAGE, usual=Form.EMOJI, **POET)) == (Form.EMOJI, By.USUAL)
    assert chosen(choose(IMAGE, usual=Form.EMOJI, asked=Form.POEM)) == (Form.POEM, By.BUTTON)
    for form in Form:
        assert choose(IMAGE, last=turns(form, form, by=By.USUAL)) == choose(IMAGE)
