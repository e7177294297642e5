"""Make the packed language files: ``python -m scene.build_lexis ru en`` (a minute or two).

Sources: frequencies from ``wordfreq``; Russian forms and grammar from ``pymorphy3`` (OpenCorpora); other
languages' dictionaries from ``simplemma``; English pairs from ``wordsegment`` (Google Web Trillion Word
Corpus, as cut by P. Norvig), which only this script needs. ``data/LICENSE`` says whose they are.
"""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec

import marisa_trie
import numpy as np
import pymorphy3
import regex
import simplemma
import wordfreq

from scene.evidence import GOVERNMENT_SHIFT, Trait
from scene.facts import (
    ASIDE,
    DATA,
    END,
    LETTER_STEP,
    LONGEST,
    PAIR_SHIFT,
    PMI_LEAST,
    PMI_STEP,
    SPLIT_STEP,
    START,
    ZIPF_STEP,
    Facts,
    write,
)

_WORD = regex.compile(r"[\p{L}\p{M}\p{Nd}]*\p{L}[\p{L}\p{M}\p{Nd}]*")
_MOST_SPLIT = 6.0  # decades; also stands for words that have no parts
_UNSEEN_ZIPF = 1.0  # a form that no corpus has, of a word that is common enough for it to be typed
_COMMON_ZIPF = 2.8
_RARE_ZIPF = 1.3  # the letter model learns from words seen more than a handful of times
_SHORT = {
    "ru": frozenset(
        "а в и к о с у я на за по из от до не ни но мы ты он со ко об во вы их ли же бы из".split()
    ),
    "en": frozenset("a i o in on of to at by up my me we he it is be do go no so or an as if us".split()),
}
# Halves that need another half: they don't stand in a chain by themselves, though they are listed as words.
_COMBINING = {
    "ru": frozenset(
        "авто мото гео био фото видео аудио кино радио теле электро гидро аэро микро макро мульти супер "
        "ультра псевдо нейро метео психо гипер экс анти контр квази полу само лже меж сверх пере про "
        "пост мега мини макси эко евро кибер агро вело гос спец рос мос арт тур пит гала".split()
    ),
    "en": frozenset(
        "auto moto geo bio electro hydro aero micro macro multi super ultra pseudo neuro psycho hyper ex "
        "anti contra quasi mega mini maxi eco euro cyber pod info edu digi twit pre re un non dis mis "
        "sub inter trans post pro co semi ville con ster tion er ing ed es able ish ness ful ly ology".split()
    ),
}
_CASES = {
    "nomn": Trait.NOMINATIVE,
    "gent": Trait.GENITIVE,
    "gen2": Trait.GENITIVE,
    "datv": Trait.DATIVE,
    "accs": Trait.ACCUSATIVE,
    "ablt": Trait.INSTRUMENTAL,
    "loct": Trait.LOCATIVE,
    "loc2": Trait.LOCATIVE,
}
_GOVERNMENT = {
    Trait.GENITIVE: "из изо от ото до у без безо для около возле после вокруг вдоль кроме против ради среди "
    "внутри вне мимо близ средь с со",
    Trait.DATIVE: "к ко по согласно вопреки навстречу",
    Trait.ACCUSATIVE: "в во на за под через сквозь про по о об",
    Trait.INSTRUMENTAL: "с со над под за перед между меж",
    Trait.LOCATIVE: "в во на о об обо при по",
}
_CLASSES = {
    "NOUN": Trait.NOUN,
    "ADJF": Trait.ADJECTIVE,
    "PRTF": Trait.ADJECTIVE,
    "VERB": Trait.VERB,
    "INFN": Trait.VERB,
    "GRND": Trait.VERB,
    "NPRO": Trait.FUNCTION,
    "PREP": Trait.FUNCTION,
    "CONJ": Trait.FUNCTION,
    "PRCL": Trait.FUNCTION,
    "INTJ": Trait.FUNCTION,
}
_NAMES = frozenset({"Name", "Surn", "Patr", "Geox"})
_LETTERS_ONLY_FORM = frozenset({"Abbr", "Init"})


def fold(word: str) -> str:
    """A word as the lexis spells it: people type е for ё, and leave apostrophes out."""
    return word.lower().replace("ё", "е").replace("'", "").replace("’", "")


def facts(lang: str) -> Facts:
    """Everything that is known of a language's words.

    Args:
        lang: A language of ``wordfreq``.
    """
    zipf = _zipf(lang)
    traits = _russian_traits(zipf) if lang == "ru" else _traits(zipf, lang)
    for word in traits.keys() - zipf.keys():
        zipf[word] = _UNSEEN_ZIPF
    short = _SHORT.get(lang, frozenset())
    for word in zipf:
        known = traits.get(word, 0)
        known |= Trait.COMBINING if word in _COMBINING.get(lang, ()) else 0
        known |= Trait.ODD if len(word) == 1 and word not in short else 0
        traits[word] = known
    trie = marisa_trie.Trie(zipf)
    words = [trie.restore_key(number) for number in range(len(trie))]
    seen = _pairs() if lang == "en" else {}
    splits = _splits(words, zipf, traits, short, seen)
    pairs = {
        (trie[first] << PAIR_SHIFT) + trie[second]: max(0, min(255, _step(pmi - PMI_LEAST, PMI_STEP)))
        for (first, second), pmi in seen.items()
        if first in trie and second in trie
    }
    alphabet, letters = _letter_model(zipf)
    return Facts(
        trie=trie,
        zipf=np.array([_step(zipf[word], ZIPF_STEP) for word in words], dtype=np.uint8),
        split=np.array([_step(split, SPLIT_STEP) for split in splits], dtype=np.int8),
        length=np.array([len(word) for word in words], dtype=np.uint8),
        traits=np.array([traits[word] for word in words], dtype=np.uint32),
        pairs=np.array(sorted(pairs), dtype=np.int64),
        pmi=np.array([pairs[key] for key in sorted(pairs)], dtype=np.uint8),
        alphabet=alphabet,
        letters=letters,
    )


def _step(value: float, step: float) -> int:
    return round(value / step)


def _zipf(lang: str) -> dict[str, float]:
    frequencies: dict[str, float] = defaultdict(float)
    for word, frequency in wordfreq.get_frequency_dict(lang, wordlist="best").items():
        folded = fold(word)
        # wordfreq writes 0 for every digit of a longer number, so that such words aren't themselves.
        if len(folded) <= LONGEST and "00" not in folded and _WORD.fullmatch(folded):
            frequencies[folded] += frequency
    return {word: math.log10(frequency) + 9 for word, frequency in frequencies.items()}


def _traits(zipf: Iterable[str], lang: str) -> dict[str, int]:
    """Which words a dictionary has, and which of them are inflected."""
    try:
        simplemma.is_known("a", lang=lang)
    except ValueError:  # simplemma lacks the language
        return {}
    traits: dict[str, int] = {}
    for word in zipf:
        if simplemma.is_known(word, lang=lang):
            inflected = simplemma.lemmatize(word, lang=lang).lower() != word
            traits[word] = Trait.DICTIONARY | (Trait.INFLECTED if inflected else 0)
    return traits


def _russian_traits(zipf: dict[str, float]) -> dict[str, int]:
    governed: dict[str, int] = defaultdict(int)
    for case, prepositions in _GOVERNMENT.items():
        for preposition in prepositions.split():
            governed[preposition] |= case << GOVERNMENT_SHIFT
    traits: dict[str, int] = defaultdict(int)
    for form, tag, lemma, *_ in pymorphy3.MorphAnalyzer().dictionary.iter_known_words():
        word = fold(form)
        # Any form of a common word may be typed, whether or not a corpus has seen it.
        common = zipf.get(fold(lemma), 0.0) >= _COMMON_ZIPF and len(word) <= LONGEST
        if not (word in zipf or common) or "-" in word:
            continue
        marks = tag.grammemes
        kind = _CLASSES.get(str(tag.POS), Trait.OTHER)
        if marks & _NAMES:
            kind = Trait.NAME
        elif marks & _LETTERS_ONLY_FORM:
            kind = Trait.OTHER
        elif kind is Trait.VERB and "impr" in marks:
            kind = Trait.IMPERATIVE
        number = Trait.PLURAL if "plur" in marks else Trait.SINGULAR
        traits[word] |= Trait.DICTIONARY | kind | number | _CASES.get(str(tag.case), 0)
    for word, government in governed.items():
        traits[word] |= government
    return traits


def _splits(
    words: list[str],
    zipf: dict[str, float],
    traits: dict[str, int],
    short: frozenset[str],
    pairs: dict[tuple[str, str], float],
) -> list[float]:
    """log10 of how much likelier each word's likeliest parts are, as neighbours, than the word itself."""
    parts = {
        word: value - 9
        for word, value in zipf.items()
        if traits[word] & Trait.DICTIONARY and (len(word) > 2 or word in short)
    }
    found: list[float] = []
    for word in words:
        size = len(word)
        # By where they end: the last part, and the best score with it.
        paths: list[dict[str, float]] = [{"": 0.0}] + [{} for _ in range(size)]
        for begin in range(size):
            if not paths[begin]:
                continue
            for end in range(begin + 1, size + 1):
                part = word[begin:end]
                if part in parts and end - begin < size:
                    joined = (score + pairs.get((last, part), 0.0) for last, score in paths[begin].items())
                    paths[end][part] = parts[part] + max(joined)
        split = max(paths[size].values(), default=-math.inf) - (zipf[word] - 9)
        found.append(max(-_MOST_SPLIT, min(_MOST_SPLIT, split)))
    return found


def _pairs() -> dict[tuple[str, str], float]:
    """PMI of pairs, log10 p(xy) / p(x)p(y) (Church and Hanks, Computational Linguistics 16, 1990)."""
    if find_spec("wordsegment") is None:
        raise SystemExit("English pairs come from wordsegment: pip install wordsegment==1.3.1")
    data = import_module("wordsegment").Segmenter()
    data.load()
    single, found = data.unigrams, dict[tuple[str, str], float]()
    for pair, count in data.bigrams.items():
        first, second = pair.split()
        if first in single and second in single:
            found[first, second] = math.log10(count * data.total / (single[first] * single[second]))
    return found


def _letter_model(zipf: dict[str, float]) -> tuple[str, np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    """A trigram model of letters, each word counted once.

    Smoothed by shorter histories (MacKay and Peto, "A Hierarchical Dirichlet Language Model", 1995).
    """
    words = [word for word, value in zipf.items() if value >= _RARE_ZIPF and len(word) > 2]
    seen = Counter(letter for word in words for letter in word)
    common = [letter for letter, count in seen.most_common(64) if count > 20 and letter.isalpha()]
    alphabet = START + END + ASIDE + "".join(sorted(common))
    size = len(alphabet)
    code = {letter: place for place, letter in enumerate(alphabet)}
    triples = np.zeros((size, size, size))
    for word in words:
        codes = [0, 0] + [code.get(letter, 2) for letter in word] + [1]
        for first, second, third in zip(codes, codes[1:], codes[2:], strict=False):
            triples[first, second, third] += 1
    pairs = triples.sum(axis=0)
    single = pairs.sum(axis=0)
    strength = 5.0  # imagined sightings that follow the shorter history
    one = (single + 1) / (single.sum() + size)
    two = (pairs + strength * one) / (pairs.sum(axis=1, keepdims=True) + strength)
    three = (triples + strength * two) / (triples.sum(axis=2, keepdims=True) + strength)
    steps = np.clip(np.rint(-np.log10(three) / LETTER_STEP), 0, 255)
    return alphabet, steps.astype(np.uint8).reshape(-1)


def main() -> None:
    """Build and pack the languages named on the command line."""
    for lang in sys.argv[1:] or ["ru", "en"]:
        made = facts(lang)
        path = DATA / f"{lang}.npz"
        write(made, path)
        print(
            f"{path.name}: {len(made.zipf):,} words, {len(made.pairs):,} pairs, {path.stat().st_size:,} bytes"
        )


if __name__ == "__main__":
    main()
