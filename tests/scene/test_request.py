"""Requests: what a person asks for in plain words, and scenes that only look like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene import forms
from scene.forms import Form
from scene.request import Request, split

NAMED = """
poem       | снегволк     | поэма: снегволк
essay      | снегволк     | снегволк — эссе
metaphor   | снегволк     | физическая метафора: снегволк
silence    | снегволк     | тишина: снегволк
formula    | снегволк     | формулой: снегволк
logic      | жарвнутри    | логически: жарвнутри
poem       | снегволк     | напиши стих: снегволк
emoji      | снегволк     | снегволк — в виде эмодзи
poem       | снегволк     | напиши стих про снегволк
narrative  | пепелвспышка | расскажи про пепелвспышка
emoji      | снегволк     | в виде эмодзи снегволк
emoji      | снегволк     | снегволк в виде эмодзи
poem       | снегволк     | снегволк стихами
poem       | снег волк    | снег волк стихами
poem       | снегволк     | снегволк, стихами, пожалуйста
essay      | жарвнутри    | объясни жарвнутри
essay      | тишинажар    | подумай о тишинажар
silence    | снегволк     | помолчи о снегволк
narrative  | снегволк     | Напиши мне, пожалуйста, короткий рассказ о «снегволк»!
poem       | снегволк     | хочу стих про снегволк
poem       | снегволк     | можешь написать стих про снегволк?
poem       | снегволк     | напиши про снегволк стихами
formula    | снег волк    | напиши в виде формулы: снег волк
formula    | снегволк     | сделай из снегволк формулу
silence    | снегволк     | в форме тишины снегволк
narrative  | пепелвспышка | рассказ пепелвспышка
poem       | ⚡🌫🫁          | ⚡🌫🫁 стихи
poem       | SCN-1        | SCN-1 стихами
poem       | SCN-12       | напиши стих про SCN-12
none       | снегволк     | напиши снегволк
none       | путь в тишину | напиши путь в тишину
none       | тишину       | напиши про тишину
poem       | seasaltmemory | poem seasaltmemory
narrative  | ashflash     | tell me a story about ashflash
poem       | ashflash     | as a poem: ashflash
poem       | ashflash     | ashflash as a poem
formula    | snowwolf     | make it a formula snowwolf
poem       | ashflash     | turn ashflash into a poem
silence    | ashflash     | turn ashflash into silence
poem       | snow wolf    | Can you write me a poem about snow wolf, please?
essay      | ashflash     | explain ashflash
essay      | ashflash     | think about ashflash
formula    | ashflash     | describe ashflash as a formula
silence    | sea salt     | describe sea salt as silence
poem       | ashflash     | write in the form of a poem ashflash
essay      | ⚡🌫🫁          | please, as an essay: ⚡🌫🫁
"""
SCENES = """
снегволк
историяжизньтишина
тишина снег
жар тишина
жар тишина вход
огонь про меня
история жизнь
ветер стих
снег как тишина
путь в тишину
дышать тишиной
логика снов
логика тело
формула снег вода
снег, тишина
свет — снег — тишина
жар, тишина → вход
дай руку
покажи путь
хочу тишину
молчание о войне
написать письмо море
про тишину
поэма
стих
напиши
физика:
give me shelter
physics of love
story of silence
silence snow
make love
life as a story
make fire water
скажи — любовь
12:30
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


@pytest.mark.parametrize(("form", "scene", "text"), _rows(NAMED))
def test_a_request_is_taken_off_its_scene(form: str, scene: str, text: str) -> None:
    request = split(text)
    assert (request.form.value if request.form else "none", request.scene) == (form, scene)
    assert request.wording
    assert all(part in text for part in request.wording.split(" … "))


@pytest.mark.parametrize("text", SCENES.strip("\n").split("\n"))
def test_a_scene_with_the_same_words_stays_a_scene(text: str) -> None:
    assert split(text) == Request(None, text)


@pytest.mark.parametrize("name", sorted(forms.names()))
def test_every_name_of_a_form_names_it_before_a_colon(name: str) -> None:
    assert split(f"{name}: снегволк") == Request(forms.names()[name], "снегволк", name)
    assert split(f"{name.title()} — снег волк").form is forms.names()[name]


LETTERS = st.text(st.sampled_from("абвгдежзиклмнопрстуabcdeghilnorstu⚡🌫·-’Ё7"), min_size=1, max_size=20)


@given(LETTERS)
def test_one_chunk_is_always_a_scene(text: str) -> None:
    assert split(text) == Request(None, text)


NOUNS = (
    "огонь снег волк тишина история рассказ молчание логика физика стих жизнь fire snow silence story verse"
)


@given(st.lists(st.sampled_from(NOUNS.split()), min_size=1, max_size=6))
def test_words_side_by_side_are_a_scene_whatever_they_name(chain: list[str]) -> None:
    assert split(" ".join(chain)) == Request(None, " ".join(chain))


TYPED = st.lists(
    st.sampled_from(
        "напиши стих стихами про в виде как a as of please поэма: — , тишина снег снегволк tell story".split()
    )
)


@given(st.one_of(st.text(max_size=60), TYPED.map(" ".join)))
def test_nothing_of_a_text_is_lost_or_made_up(text: str) -> None:
    request = split(text)
    assert request.scene in text
    assert request.wording or (request.form is None and request.scene == text)
    assert bool(request.scene.strip()) == bool(text.strip())


@given(st.sampled_from(["снегволк", "снег волк", "⚡🌫🫁", "ashflash"]), st.sampled_from(list(Form)))
def test_a_plain_request_keeps_any_scene_whole(scene: str, form: Form) -> None:
    assert split(f"{form.value}: {scene}") == Request(form, scene, form.value)
