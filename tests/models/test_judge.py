"""The judge: what a text keeps of its scene, and how well it is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.backend import Candidate
from models.embedder import Embedder
from models.judge import TERMS, Judge, Scores, strangers
from models.ranking import weights
from scene import forms
from scene.atoms import Lang
from scene.forms import Form
from scene.parse import parse

SCENE = parse("снегволкследрассвет")
GOOD = "Снег лежит у дома.\nВолк идёт стороной.\nСлед его знаком мне с детства.\nРассвет встаёт над рекой."


@pytest.fixture(scope="module")
def judge(embedder: Embedder) -> Judge:
    return Judge(embedder)


def _scores(
    judge: Judge, text: str, form: Form = Form.POEM, lang: Lang = Lang.RU, source: str = ""
) -> Scores:
    scene = parse(source) if source else SCENE
    return judge.scores(scene, form, lang, text, Candidate(text, [-1.0] * 8, complete=True))


@pytest.mark.parametrize(
    "worse",
    [
        "Солнце светит над домами,\nпьём мы чай из самовара,\nи поём мы до утра.",
        "\n".join(reversed(GOOD.split("\n"))),
        GOOD.replace("знаком", "зонамк").replace("стороной", "стронойи"),
        "Snow and wolf\nand a trace\nand the dawn are here with us",
        forms.voice(Form.POEM, Lang.RU).shots[0].text,
        GOOD.replace("\n", " "),
        "\n".join([GOOD.split("\n")[0]] * 4),
        f"# Стихи\n{GOOD}",
        GOOD.replace("стороной", "岁月"),
    ],
    ids="another,reversed,no words,English,an example,prose,a loop,markup,another script".split(","),
)
def test_good_is_told_from_bad(judge: Judge, worse: str) -> None:
    assert _scores(judge, GOOD).total > _scores(judge, worse).total
    assert not _scores(judge, GOOD).failed(Form.POEM)


def test_inflected_atoms_are_kept(judge: Judge) -> None:
    found = _scores(judge, "В снегу волка не видно, по следам — к рассвету.", Form.NARRATIVE)
    assert (found.coverage, found.order) == (1, 1)


def test_what_is_lost_is_named(judge: Judge) -> None:
    lost = judge.missing(SCENE, Form.NARRATIVE, "Снег лежит у дома, и рассвет встаёт над рекой.")
    assert [atom.text for atom in lost] == ["волк", "след"]


def test_words_of_examples_are_strangers_unless_the_scene_has_them() -> None:
    assert strangers("Мост и волк", SCENE, Form.POEM, Lang.RU) == ["мост"]
    assert strangers("Ключ, дверь и мост", parse("🔑🚪💡"), Form.POEM, Lang.RU) == ["мост"]


def test_emoji_keep_a_scene_by_meaning(judge: Judge) -> None:
    assert _scores(judge, "❄️🐺🔥", Form.EMOJI, source="снегволкогонь").coverage == 1
    assert _scores(judge, "🍞🎲⚓", Form.EMOJI, source="снегволкогонь").coverage == 0


def test_signs_of_formulas_are_no_foreign_words(judge: Judge) -> None:
    found = _scores(judge, "lim снег × Δ волк → след; ∫ след dt = рассвет", Form.FORMULA)
    assert (found.language, found.known, found.clean, found.shape) == (1, 1, 1, 1)


def test_a_metaphors_clock_is_no_leftover(judge: Judge) -> None:
    said = "t = 0.5: снег теряет энергию → волк вносит импульс → след хранит тепло → рассвет греет поле."
    found = _scores(judge, said, Form.METAPHOR)
    assert (found.language, found.clean, found.shape) == (1, 1, 1)


@pytest.mark.parametrize(
    ("term", "value"), [("coverage", 0.5), ("shape", 0.0), ("known", 0.5), ("fresh", 0.2), ("clean", 0.0)]
)
def test_each_fault_is_named(judge: Judge, term: str, value: float) -> None:
    good = _scores(judge, GOOD)
    assert replace(good, **{term: value}).failed(Form.POEM) == (term,)


def test_silence_may_say_less_than_its_scene(judge: Judge) -> None:
    assert not _scores(judge, "… след", Form.SILENCE).failed(Form.SILENCE)


def test_a_poem_promises_as_long_as_its_lines_take_the_atoms_in_turn(judge: Judge) -> None:
    lines = GOOD.split("\n")
    for count in range(1, len(lines) + 1):
        assert judge.promises(SCENE, Form.POEM, Lang.RU, "\n".join(lines[:count]), count == len(lines))
    for lost in (
        "Дом стоит в тишине.",
        f"{lines[0]}\nДом стоит в тишине.",
        f"{lines[1]}\n{lines[0]}",
        "Снег лежит у дмоа, и холдоно.",
    ):
        assert not judge.promises(SCENE, Form.POEM, Lang.RU, lost, False)
    assert not judge.promises(SCENE, Form.POEM, Lang.RU, "\n".join(lines[:2]), True)  # two atoms lost


def test_every_term_has_a_weight_and_none_draws_a_text_from_its_scene() -> None:
    assert list(weights()) == list(TERMS)
    assert min(weights().values()) >= 0
