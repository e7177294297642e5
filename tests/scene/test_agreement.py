"""Whether inflected words fit one another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene import agreement
from scene.atoms import Lang


@pytest.mark.parametrize(
    "text",
    [
        "без вода",
        "В доме горит свечи.",
        "На берегу стоял старая лодка.",
        "синяя след",
        "к берегом",
        "Огни светит",
        "Тишина пришёл",
        "в тёмной небе",
        "Пока нет ночь, мы идём.",
        "Девочка увидела весна.",
    ],
)
def test_slips_are_seen(text: str) -> None:
    assert agreement.share(text, Lang.RU) < 1


@pytest.mark.parametrize(
    "text",
    [
        "Без воды в доме горит свеча.",
        "На берегу стояла старая лодка, и огни светили ей в лесу.",
        "Снег и волк идут под ним до всякого замка.",
        "Её накрыла тишина.",
        "Мне кажется, что он был в нас.",
        "Море уходит и ничего не обещает.",
        "На том берегу радость машет рукой.",
        "Дом, который построил дед, стоит у самой реки.",
        "Светает.",
        "Беги, волк!",
        "Нет ни ночи, ни огней, нет больше и тишины.",
        "Жизнь вызывает тишина.",
        "Девочка увидела весну и волна накрыла берег.",
        "Вода держит лодку, как мать.",
    ],
)
def test_good_russian_is_not_suspected(text: str) -> None:
    assert agreement.share(text, Lang.RU) == 1


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("an hour and a unicorn", True),
        ("a apple", False),
        ("He are gone", False),
        ("They were here and I was there", True),
        ("a birds", False),
        ("every glass", True),
    ],
)
def test_english(text: str, good: bool) -> None:
    assert (agreement.share(text, Lang.EN) == 1) is good


@given(st.text(max_size=60), st.sampled_from([Lang.RU, Lang.EN]))
def test_any_text_gets_a_share(text: str, lang: Lang) -> None:
    assert 0.0 <= agreement.share(text, lang) <= 1.0
