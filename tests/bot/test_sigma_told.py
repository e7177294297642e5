"""What a chat is told of the words that levels heard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.sandbox.entities import parse as telegrams
from bot.sigma import told
from bot.texts import texts
from models.sigma.results import Heard, Oracle, Recognition, Sigma
from scene.atoms import Lang

ORACLE = Oracle("level", "m", 1, ("Q8_0", "Q2_K"), 72, 0.625, 0.14, 0.005, 0.15, 0.3)


def heard(level: str, position: int, word: str, kld: float = 0.5) -> Heard:
    return Heard(level, position, " <b", ".", word, "", kld, 0.1)


SIGMA = Sigma(
    model="m",
    reference="F32",
    seed=7,
    read="Пепел остыл.",
    tokens=40,
    levels=("Q8_0", "Q2_K"),
    signal=(heard("Q8_0", 3, "свет"), heard("Q2_K", 3, "свет"), heard("Q2_K", 5, "")),
    words=("свет",),
    text="Свет & тень <там>.",
    oracle=ORACLE,
    recognised=(Recognition("Q2_K", "Q2_K", 0.876),),
    seconds=2.0,
)


@pytest.mark.parametrize("lang", [Lang.RU, Lang.EN])
def test_words_are_told_with_who_heard_them(lang: Lang) -> None:
    say = texts(lang)
    text, entities = telegrams(told(say, "Σ SCN-1 <x>", SIGMA), "HTML")
    assert text.startswith("Σ SCN-1 <x>\n\nСвет & тень <там>.\n")
    assert {"bold", "blockquote"} == {entity.type for entity in entities}
    assert "• . → свет (Q8_0, Q2_K)\n• . → <b (Q2_K)\n" in text
    assert say("sigma-heard", count=2, tokens=40) in text
    assert say("sigma-recognised", level="Q2_K", guess="Q2_K", percent=88) in text
    assert "72" in text.split("\n")[-1]


def test_the_places_of_the_greatest_kld_are_told_in_the_texts_order() -> None:
    many = tuple(heard("Q2_K", place, f"w{place:02}", kld=abs(place - 20.5)) for place in range(40))
    text, _ = telegrams(told(texts(Lang.EN), "Σ", replace(SIGMA, signal=many)), "HTML")
    shown = [line.split("→ ")[1][:3] for line in text.split("\n") if line.startswith("•")]
    assert shown == sorted(shown)
    assert (len(shown), shown[0], shown[-1]) == (12, "w00", "w39")


def test_what_is_missing_is_told_as_such() -> None:
    say = texts(Lang.EN)
    silent = told(say, "Σ", replace(SIGMA, signal=(), words=(), text=None))
    assert silent.endswith(say("sigma-silent", levels="Q8_0, Q2_K"))
    alone = told(say, "Σ", replace(SIGMA, oracle=None, recognised=(), text=None))
    assert say("sigma-no-oracle", model="m") in alone
    assert say("sigma-no-words") in alone
