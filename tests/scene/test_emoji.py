"""Emoji: clusters, what counts as one, and the words of every emoji in both languages."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import emoji as unicode_emoji
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from scene import emoji, mark
from scene.atoms import Lang

BOTH = (Lang.RU, Lang.EN)
FULLY_QUALIFIED = [
    cluster
    for cluster, facts in unicode_emoji.EMOJI_DATA.items()
    if facts["status"] == unicode_emoji.STATUS["fully_qualified"]
]
OWN: dict[str, dict[str, list[str]]] = tomllib.loads(
    files("scene").joinpath("emoji_words.toml").read_text(encoding="utf-8")
)

# Newer (Unicode 18) than the CLDR that the annotations come from: they have only words of our own.
UNANNOTATED = set(
    "\U0001faeb\U0001fa8c\U0001faf9\U0001fafa\U0001f6d9\U0001fa8b\U0001facc\U0001fa8d\U0001fadd"
)

# Nobody's phone lacks these: the palette keeps to what a person can see.
NEWEST_VOICED = 16

SEQUENCES = {
    "plain": "🔥",
    "default text": "🌫",
    "emoji style": "❤️",
    "text style": "❤︎",
    "skin tone": "👋🏽",
    "skin tone after selector": "☝️🏽",
    "joined": "👩‍🚀",
    "joined, with tone": "👩🏽‍🚀",
    "joined, with sign": "🏃🏽‍♂️‍➡️",
    "two people, two tones": "👩🏻‍🤝‍👨🏿",
    "family": "👨‍👩‍👧‍👦",
    "joined, unlisted": "👩‍🔥",
    "hair": "🧑‍🦰",
    "flag": "🇷🇺",
    "flag, unlisted": "🇽🇽",
    "tag sequence": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "rainbow flag": "🏳️‍🌈",
    "keycap": "7️⃣",
    "keycap without selector": "#⃣",
    "sign made emoji": "©️",
    "arrow made emoji": "➡️",
    "unassigned, kept for emoji": "\U0001faff",
    "joiner left over": "🔥\u200d",
    "stray accent": "🔥\u0301",
}

TEXT = [
    *"0179#*©®™‼⁉ℹ→←↔↩➡⬅⤴▶⏏✔✖☑♀♂Ⓜ①½ª∞∑Δ◆●★☇a я",
    "🅰",
    "7\ufe0f",
    "©\ufe0e",
    "☇\ufe0f",
    "🂡",
    "🇷",
    "🏽",
    "\u200d",
    "\ufe0f",
    "",
    "слово",
    "🔥🔥",
    "🔥а",
    "а🔥",
    mark.FIRE,
    mark.DELTA,
]


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES.keys())
def test_a_sequence_is_one_cluster_and_an_emoji(sequence: str) -> None:
    assert emoji.clusters(f"жар{sequence}step{sequence}") == [*"жар", sequence, *"step", sequence]
    assert emoji.is_emoji(sequence)


@pytest.mark.parametrize("text", TEXT)
def test_text_is_no_emoji(text: str) -> None:
    assert not emoji.is_emoji(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("⚡🌫🫁", ["⚡", "🌫", "🫁"]),
        ("👩‍🚀🌑🛰️", ["👩‍🚀", "🌑", "🛰️"]),
        ("🇷🇺🇬🇧", ["🇷🇺", "🇬🇧"]),
        ("7️⃣7", ["7️⃣", "7"]),
        ("e\u0301й", ["e\u0301", "й"]),
        ("क्षि", ["क्षि"]),
        ("각\r\n", ["각", "\r\n"]),
    ],
)
def test_clusters(text: str, parts: list[str]) -> None:
    assert emoji.clusters(text) == parts


def test_every_emoji_of_unicode_is_one() -> None:
    wrong = [c for c in FULLY_QUALIFIED if emoji.clusters(c) != [c] or not emoji.is_emoji(c)]
    assert wrong == []


def test_every_emoji_of_unicode_has_a_name_and_keywords() -> None:
    for cluster in FULLY_QUALIFIED:
        for lang, script in ((Lang.RU, r"\p{Cyrillic}"), (Lang.EN, r"\p{Latin}")):
            words = emoji.keywords(cluster, lang)
            assert words, cluster
            assert words[0] == emoji.name(cluster, lang) != cluster
            assert regex.search(script, words[0]), (cluster, words[0])
            assert len(set(words)) == len(words), cluster


def test_every_emoji_is_annotated_but_the_newest() -> None:
    bare = {emoji.bare(cluster) for cluster in FULLY_QUALIFIED}
    assert bare - emoji._listed_words().keys() == UNANNOTATED


def test_a_name_is_one_word_but_for_countries() -> None:
    phrases = {c for c in FULLY_QUALIFIED for lang in BOTH if " " in emoji.name(c, lang)}
    assert {c for c in phrases if not regex.fullmatch(r"\p{Regional_Indicator}{2}", c)} == set()


def test_skin_tone_and_style_change_no_word() -> None:
    for cluster in FULLY_QUALIFIED:
        for lang in BOTH:
            assert emoji.keywords(cluster, lang) == emoji.keywords(emoji.bare(cluster), lang)


@pytest.mark.parametrize(
    ("cluster", "russian", "english"),
    [
        ("⚡", "молния", "lightning"),
        ("🫁", "дыхание", "breath"),
        ("👩🏽‍🚀", "космонавт", "astronaut"),
        ("🏃🏽‍♂️‍➡️", "бег", "running"),
        ("🇷🇺", "россия", "russia"),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "шотландия", "scotland"),
        ("7️⃣", "семь", "seven"),
        ("👩‍🔥", "женщина огонь", "woman fire"),
        ("🔥\u0301", "огонь", "fire"),
        ("🏽", "средний тон кожи", "medium skin tone"),
        ("🇽🇽", "🇽🇽", "🇽🇽"),
        ("\U0001faff", "\U0001faff", "\U0001faff"),
    ],
)
def test_names(cluster: str, russian: str, english: str) -> None:
    assert emoji.name(cluster, Lang.RU) == russian
    assert emoji.name(cluster, Lang.EN) == english


def test_lungs_are_breath_and_body() -> None:
    assert {"дыхание", "тело", "вдох", "выдох"} <= set(emoji.keywords("🫁", Lang.RU))
    assert {"breath", "body", "lungs", "respiration"} <= set(emoji.keywords("🫁", Lang.EN))


def test_yo_is_put_back_where_it_is_certain() -> None:
    assert "костёр" in emoji.keywords("🏕", Lang.RU)
    assert "взлёт" in emoji.keywords("🛫", Lang.RU)


def test_own_words_are_lower_case_words_of_their_script() -> None:
    for table in OWN.values():
        for key, (russian, english) in table.items():
            assert regex.fullmatch(r"(?:[а-яё]+(?:-[а-яё]+)*(?: |$))+", russian + " "), key
            assert regex.fullmatch(r"(?:[a-z]+(?:-[a-z]+)*(?: |$))+", english + " "), key
            for words in (russian.split(), english.split()):
                assert len(set(words)) == len(words), key


def test_own_words_are_keyed_by_bare_emoji_once() -> None:
    known = {emoji.bare(cluster) for cluster in FULLY_QUALIFIED}
    assert (OWN["palette"].keys() | OWN["names"].keys()) <= known
    assert OWN["palette"].keys() & OWN["names"].keys() == set()


def test_the_palette_is_small_and_can_be_seen() -> None:
    palette = emoji.meanings()
    assert 300 <= len(palette) <= 500
    assert sum(map(len, palette.values())) <= 2_500
    for cluster, words in palette.items():
        facts = unicode_emoji.EMOJI_DATA.get(cluster) or unicode_emoji.EMOJI_DATA[f"{cluster}\ufe0f"]
        assert facts["E"] <= NEWEST_VOICED, cluster
        assert emoji.is_emoji(cluster)
        assert len(set(words)) == len(words) >= 2
        assert words[0] == emoji.name(cluster, Lang.RU)


@pytest.mark.parametrize("kind", ["🇷🇺", "🕛", "⏰", "7⃣", "➡", "🔙", "♈", "📎", "🈁"])
def test_the_palette_has_no_signs(kind: str) -> None:
    assert kind not in emoji.meanings()


def test_a_caller_cannot_spoil_the_palette() -> None:
    emoji.meanings()["🔥"].clear()
    assert emoji.meanings()["🔥"][0] == "огонь"


MIXED = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("🔥👩🚀🏽🇷🇺🏴7#©➡❤\u200d\ufe0e\ufe0f\u20e3\u0301\U000e0067\U000e007fяa"),
    ),
    max_size=60,
)


@given(MIXED)
def test_clusters_join_back_and_nothing_fails(text: str) -> None:
    parts = emoji.clusters(text)
    assert "".join(parts) == text
    for part in parts:
        if emoji.is_emoji(part):
            for lang in BOTH:
                assert emoji.name(part, lang)
                assert all(emoji.keywords(part, lang))
        assert emoji.bare(part)


@given(MIXED)
def test_an_emoji_is_one_cluster(text: str) -> None:
    if emoji.is_emoji(text):
        assert emoji.clusters(text) == [text]


@pytest.mark.parametrize("unit", ["🔥\u200d", "🔥\u0301", "👩🏽‍🚀", "🇷", "7️⃣", "\U000e0067"])
@pytest.mark.timeout(60)
def test_long_input_takes_no_longer_than_its_length(unit: str) -> None:
    """A pattern that tried every way to divide it would be at it for hours."""
    text = "🔥" + unit * (50_000 // len(unit)) + "я"
    emoji.is_emoji(text)
    assert "".join(emoji.clusters(text)) == text
