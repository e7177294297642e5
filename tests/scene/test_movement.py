"""Phases and kind: the seeds' scenes, what the lexicon does not know, and the lexicon itself."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files
from random import Random

import emoji
import marisa_trie
import numpy as np
import pymorphy3
import pytest
import simplemma
from hypothesis import given
from hypothesis import strategies as st

from scene.atoms import Kind, Phase
from scene.labels import PACKED, Source, labelled
from scene.movement import read
from tests.bench.movement import scenes

D, W, A, R = Phase.DECAY, Phase.AWAKENING, Phase.ACTION, Phase.RETURN

TABLES: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    files("scene").joinpath("lexicon.toml").read_text(encoding="utf-8")
)

# pymorphy3 makes счастие of счастье; the lexicon holds both, for whoever lemmatizes with something else.
NOT_OWN_NORMAL_FORM = {"счастье"}

# Signs of mathematics that people put among emoji, and that Unicode does not count as such.
NOT_EMOJI = {"∞", "∑", "∫"}

# Russian, English, emoji: one meaning, so one phase and one kind. ``None`` where no emoji says it.
TRANSLATIONS = [
    ("пепел", "ash", "🪶"),
    ("вспышка", "flash", "✨"),
    ("молния", "lightning", "⚡"),
    ("жизнь", "life", "🌱"),
    ("тишина", "silence", "🤫"),
    ("жар", "heat", "🥵"),
    ("шаг", "step", "👣"),
    ("вход", "entrance", "🚪"),
    ("порог", "threshold", None),
    ("страх", "fear", "😱"),
    ("туман", "fog", "🌫️"),
    ("дыхание", "breath", "🫁"),
    ("кровь", "blood", "🩸"),
    ("сердце", "heart", "🫀"),
    ("кость", "bone", "🦴"),
    ("мозг", "brain", "🧠"),
    ("огонь", "fire", "🔥"),
    ("волна", "wave", "🌊"),
    ("море", "sea", None),
    ("ветер", "wind", "🌬️"),
    ("соль", "salt", "🧂"),
    ("память", "memory", None),
    ("снег", "snow", "❄️"),
    ("волк", "wolf", "🐺"),
    ("звезда", "star", "⭐"),
    ("луна", "moon", "🌕"),
    ("тьма", "darkness", "🌑"),
    ("корень", "root", None),
    ("солнце", "sun", "☀️"),
    ("рука", "hand", "✋🏽"),
    ("бег", "run", "🏃🏿‍♀️"),
    ("голубь", "dove", "🕊️"),
    ("деление", "division", "➗"),
    ("бесконечность", "infinity", "♾️"),
    ("число", "number", "🔢"),
    ("граница", "border", None),
    ("предел", "limit", None),
    ("функция", "function", None),
    ("связь", "link", "🔗"),
    ("вопрос", "question", "❓"),
]


def phases(lemmas: list[str]) -> list[Phase]:
    return [part.phase for part in read(lemmas).parts]


def kind(lemmas: list[str]) -> Kind:
    return read(lemmas).kind


def entries(language: str) -> list[str]:
    """Every entry of a language, of both tables, once."""
    found = {
        entry
        for table in TABLES.values()
        for languages in table.values()
        for entry in languages[language].split()
    }
    return sorted(found)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("пепел вспышка жизнь тишина", [D, W, A, R]),
        ("ash flash life silence", [D, W, A, R]),
        ("🪶 ⚡ 🌱 🤫", [D, W, A, R]),
        ("вход жар страх", [W, W, D]),
        ("тишина жар шаг внутри", [R, W, A, R]),
        ("жар тишина вход", [W, R, W]),
        ("heat silence entrance", [W, R, W]),
    ],
)
def test_phases_of_the_seeds(chain: str, expected: list[Phase]) -> None:
    assert phases(chain.split()) == expected


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("ъ", [A]),
        ("ъ ъ", [D, R]),
        ("ъ ъ ъ", [D, A, R]),
        ("ъ ъ ъ ъ", [D, W, A, R]),
        ("ъ ъ ъ ъ ъ ъ ъ ъ", [D, D, W, W, A, A, R, R]),
    ],
)
def test_position_says_the_phase_where_nothing_is_known(chain: str, expected: list[Phase]) -> None:
    assert phases(chain.split()) == expected


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("пепел ъ жизнь", [D, W, A]),
        ("пепел ъ ъ тишина", [D, W, A, R]),
        ("пепел ъ пепел", [D, D, D]),
        ("тишина ъ вспышка", [R, W, W]),  # its place in the middle outweighs the longer way through decay
        ("жизнь ъ ъ вспышка", [A, A, W, W]),  # so does staying outweigh going all the way round
        ("ъ жизнь", [D, A]),
        ("жизнь ъ", [A, R]),
        ("ъ ъ жизнь ъ", [D, W, A, R]),
        ("тишина ъ ъ", [R, R, R]),
    ],
)
def test_unknown_atoms_adapt_to_their_neighbours(chain: str, expected: list[Phase]) -> None:
    assert phases(chain.split()) == expected


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("⚡ 🌫 🫁", Kind.BODILY),
        ("⚡️ 🌫️ 🫁", Kind.BODILY),
        ("вход жар страх", Kind.BODILY),
        ("тишина жар шаг внутри", Kind.BODILY),
        ("ъ ъ дыхание", Kind.BODILY),
        ("число граница предел", Kind.LOGICAL),
        ("number border limit", Kind.LOGICAL),
        ("🔢 ➗ ∞", Kind.LOGICAL),
        ("пепел вспышка жизнь тишина", Kind.ARCHETYPAL),
        ("ash flash life silence", Kind.ARCHETYPAL),
        ("🪶 ⚡ 🌱 🤫", Kind.ARCHETYPAL),
    ],
)
def test_kind_of_the_seeds(chain: str, expected: Kind) -> None:
    assert kind(chain.split()) is expected


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("", Kind.ARCHETYPAL),
        ("ъ ъ", Kind.ARCHETYPAL),
        ("кровь море", Kind.BODILY),
        ("кровь море звезда снег", Kind.ARCHETYPAL),
        ("число море", Kind.LOGICAL),
        ("граница море звезда", Kind.ARCHETYPAL),
        ("сердце число", Kind.BODILY),
        ("сердце число функция", Kind.LOGICAL),
        ("число функция море звезда снег", Kind.ARCHETYPAL),  # six against six: a tie
    ],
)
def test_kind_weighs_the_evidence(chain: str, expected: Kind) -> None:
    assert kind(chain.split()) is expected


@pytest.mark.parametrize("meaning", TRANSLATIONS, ids=lambda meaning: meaning[1])
def test_translations_have_equal_labels(meaning: tuple[str, str, str | None]) -> None:
    words = [word for word in meaning if word is not None]
    # Beside an unknown atom on either side, position would give a lone word another phase each time.
    assert len({(phases([word, "ъ"])[0], phases(["ъ", word])[1]) for word in words}) == 1
    assert len({kind([word]) for word in words}) == 1


def test_entrance_opens_and_step_acts() -> None:
    for threshold in ("вход", "порог", "дверь", "entrance", "entry", "threshold", "door", "🚪"):
        assert phases([threshold]) == [W]
    for crossing in ("шаг", "войти", "step", "enter", "👣"):
        assert phases(["ъ", crossing]) == [D, A]


def test_spelling_does_not_matter() -> None:
    assert phases(["темный", "ъ"]) == phases(["тёмный", "ъ"])
    assert phases(["ПЕПЕЛ"]) == phases(["пепел"]) == [D]
    assert kind(["✋🏿"]) == kind(["✋"]) == Kind.BODILY


LISTED = entries("ru") + entries("en") + entries("emoji")
with np.load(PACKED) as held:
    UNLISTED = marisa_trie.Trie().frombytes(held["trie"].tobytes()).keys()
LEMMAS = st.lists(st.one_of(st.text(), st.sampled_from(LISTED), st.sampled_from(UNLISTED)))


@given(LEMMAS)
def test_any_list_of_strings_has_phases_and_a_kind(lemmas: list[str]) -> None:
    found = read(lemmas)
    assert len(found.parts) == len(lemmas)
    for part in found.parts:
        assert part.phase in Phase
        assert 0.25 - 1e-6 <= part.confidence <= 1.0  # the best of four
        assert (part.neighbour is not None) == (part.source is Source.NEIGHBOUR)
        assert (part.kind is None) == (part.weight == 0.0)
        if part.kind_neighbour is not None:
            assert labelled("kind")[part.kind_neighbour] == part.kind
        if part.neighbour is not None:
            assert labelled("phase")[part.neighbour] == part.phase
    assert 0.0 < found.confidence <= 1.0
    assert found.kind is read(lemmas[::-1]).kind


@given(LEMMAS, st.sampled_from(list(Phase)), LEMMAS, st.randoms())
def test_a_listed_word_keeps_its_phase_anywhere(
    before: list[str], phase: Phase, after: list[str], random: Random
) -> None:
    word = random.choice([e for listed in TABLES["phase"][phase].values() for e in listed.split()])
    part = read([*before, word, *after]).parts[len(before)]
    assert part.phase is phase
    assert part.source is Source.LEXICON
    assert part.confidence > 0.7


@pytest.mark.parametrize(("word", "phase"), [("пурга", D), ("мчать", A), ("спальня", R)])
def test_unlisted_words_are_read_from_their_neighbours(word: str, phase: Phase) -> None:
    assert word not in LISTED
    (part,) = read([word]).parts
    assert (part.phase, part.source) == (phase, Source.NEIGHBOUR)
    assert part.neighbour is not None
    assert labelled("phase")[part.neighbour] == phase


def test_confidence_says_what_the_phase_rests_on() -> None:
    listed, unknown = (read(["пепел", word]).parts[1] for word in ("тишина", "ъъ"))
    assert (listed.phase, unknown.phase) == (R, R)
    assert unknown.source is Source.PLACE
    assert listed.confidence > 0.9 > unknown.confidence
    # Evidence that agrees makes surer than evidence that doesn't.
    assert (
        read("пепел вспышка".split()).parts[1].confidence > read("вспышка пепел".split()).parts[1].confidence
    )


def test_evidence_for_a_kind_names_its_neighbour() -> None:
    part = read(["сустав"]).parts[0]
    assert part.kind is Kind.BODILY
    assert part.kind_neighbour is not None
    assert kind([part.kind_neighbour]) is Kind.BODILY
    assert 0 < part.weight < read(["сердце"]).parts[0].weight
    assert read(["ъъ"]).parts[0].kind is None


def test_people_of_any_gender_and_tone_do_the_same() -> None:
    assert read(["🏃🏿‍♀️"]) == read(["🏃"])
    assert read(["👩🏽‍🚀"]) == read(["👨‍🚀"]) == read(["🧑‍🚀"])


def test_labels_of_neighbours_are_made_from_this_lexicon() -> None:
    with np.load(PACKED) as held:
        packed = set(held["entries"].tobytes().decode("utf-8").split())
    assert packed == labelled("phase").keys() | labelled("kind").keys()


def test_labelled_scenes_are_read_as_measured() -> None:
    """A floor a little below ``make bench``: the scenes are for measuring, not for tuning."""
    rows = scenes()
    moves = [read(row.lemmas) for row in rows]
    right = [
        part.phase in meant
        for row, move in zip(rows, moves, strict=True)
        for part, meant in zip(move.parts, row.phases, strict=True)
        if meant
    ]
    assert sum(move.kind is row.kind for row, move in zip(rows, moves, strict=True)) / len(rows) >= 0.94
    assert sum(right) / len(right) >= 0.79


def test_the_lexicon_has_every_label_and_language() -> None:
    assert set(TABLES) == {"phase", "kind"}
    assert set(TABLES["phase"]) == set(Phase)
    assert set(TABLES["kind"]) == set(Kind)
    for table in TABLES.values():
        for languages in table.values():
            assert set(languages) == {"ru", "en", "emoji"}
    assert len(entries("ru")) + len(entries("en")) + len(entries("emoji")) >= 500


@pytest.mark.parametrize("table", TABLES)
def test_every_entry_stands_once_in_a_table(table: str) -> None:
    # Counted with е for ё, as the lexicon is looked up: тёмный beside темный would be one entry twice.
    count = Counter(
        entry.replace("ё", "е")
        for languages in TABLES[table].values()
        for listed in languages.values()
        for entry in listed.split()
    )
    assert [entry for entry, times in count.items() if times > 1] == []


def test_every_entry_is_found_under_its_own_label() -> None:
    for label, languages in TABLES["phase"].items():
        for listed in languages.values():
            # Twice in a row, an unknown atom would be decay and then return.
            assert [e for e in listed.split() if phases([e, e]) != [Phase(label)] * 2] == []
    for name, languages in TABLES["kind"].items():
        for listed in languages.values():
            assert [e for e in listed.split() if kind([e]) != name] == []


def test_russian_entries_are_lemmas() -> None:
    morph = pymorphy3.MorphAnalyzer()
    parts_of_speech = {"NOUN", "INFN", "ADJF"}

    def is_lemma(word: str) -> bool:
        # Any reading will do: the first reading of молот is a form of молотый, yet молот is a lemma.
        readings = morph.parse(word)
        return morph.word_is_known(word) and any(
            reading.word == reading.normal_form and reading.tag.POS in parts_of_speech for reading in readings
        )

    assert {word for word in entries("ru") if not is_lemma(word)} == NOT_OWN_NORMAL_FORM


def test_english_entries_are_lemmas() -> None:
    # Folded, since simplemma writes names as names: Phoenix, April.
    changed = [word for word in entries("en") if simplemma.lemmatize(word, "en").casefold() != word]
    assert changed == []


def test_emoji_entries_are_single_and_bare() -> None:
    assert {entry for entry in entries("emoji") if not emoji.is_emoji(entry)} == NOT_EMOJI
    for entry in entries("emoji"):
        assert not any(c in "\ufe0e\ufe0f" or "\U0001f3fb" <= c <= "\U0001f3ff" for c in entry)
