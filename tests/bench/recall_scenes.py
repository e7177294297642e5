"""Signatures for the recall bench: random scenes of real words, composed as ``scene.signature`` does it.

Words and emoji are embedded once by the bundled encoder; every scene's signature is then made from their
vectors, which is all that composing needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wordfreq
from numpy.typing import NDArray

from models.embedder import Embedder
from scene import emoji, words
from scene.atoms import Atom, Kind, Lang, Phase, Scene
from scene.mark import fuse
from scene.signature import gloss

WORDS = 9_500  # of each language
EMOJI = 1_000
LENGTHS, LENGTH_ODDS = (2, 3, 4, 5, 6), (0.15, 0.3, 0.3, 0.15, 0.1)
# What a scene is made of: Russian, English, emoji, or anything.
MAKES, MAKE_ODDS = ("ru", "en", "emoji", "mixed"), (0.45, 0.3, 0.1, 0.15)
_CHUNK = 20_000
_NEAR = 8  # a paraphrase takes one of a word's nearest words

Vectors = NDArray[np.float32]
Chains = NDArray[np.int32]  # words by their place in the vocabulary, shape (n, 6), -1 after the last


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Words and emoji with their vectors.

    Attributes:
        texts: The words, those of a make together, frequent ones first.
        langs: Their languages.
        vectors: L2-normalised rows, shape (words, 512).
        makes: For each make, its words and how often each is drawn.
    """

    texts: list[str]
    langs: list[Lang]
    vectors: Vectors
    makes: dict[str, tuple[NDArray[np.int32], NDArray[np.float64]]]


def vocabulary(embedder: Embedder, cache: Path | None = None) -> Vocabulary:
    """The most frequent words that carry meaning, and emoji.

    Args:
        embedder: What embeds them.
        cache: A file to keep their vectors in from one run to the next.
    """
    chosen: dict[str, list[str]] = {}
    for lang in (Lang.RU, Lang.EN):
        listed = wordfreq.top_n_list(lang.value, 4 * WORDS)
        fits = (w for w in listed if len(w) > 2 and words.words_of(w) == [w])
        chosen[lang.value] = [
            w for w in fits if words.language_of(w) is lang and not words.is_function_word(w, lang)
        ][:WORDS]
    chosen["emoji"] = [e for e in emoji.meanings() if emoji.is_emoji(e)][:EMOJI]
    texts = [text for listed in chosen.values() for text in listed]
    langs = [Lang(make) for make, listed in chosen.items() for _ in listed]
    if cache is not None and cache.exists():
        vectors = np.load(cache)
    else:
        vectors = np.concatenate(
            [
                embedder.chain([gloss(text, lang) for text, lang in zip(some, of, strict=True)])
                for some, of in zip(_parts(texts, 500), _parts(langs, 500), strict=True)
            ]
        )
        if cache is not None:
            np.save(cache, vectors)
    makes, start = {}, 0
    for make, listed in chosen.items():
        # People don't name scenes by Zipf's law, nor at random: the square root of rank lies between.
        odds = 1 / np.sqrt(np.arange(len(listed)) + 10)
        makes[make] = (np.arange(start, start + len(listed), dtype=np.int32), odds / odds.sum())
        start += len(listed)
    every = [(ids, odds / 3) for ids, odds in makes.values()]
    makes["mixed"] = (np.concatenate([i for i, _ in every]), np.concatenate([o for _, o in every]))
    return Vocabulary(texts, langs, vectors, makes)


def _parts(listed: list, size: int) -> list[list]:  # type: ignore[type-arg]
    return [listed[at : at + size] for at in range(0, len(listed), size)]


def chains(known: Vocabulary, count: int, random: np.random.Generator) -> Chains:
    """Distinct random chains of 2 to 6 atoms, shape (count, 6)."""
    found = np.empty((0, max(LENGTHS)), dtype=np.int32)
    while len(found) < count:
        more = count - len(found)
        make = random.choice(len(MAKES), size=more, p=MAKE_ODDS)
        drawn = np.empty((more, max(LENGTHS)), dtype=np.int32)
        for at, name in enumerate(MAKES):
            ids, odds = known.makes[name]
            mine = make == at
            drawn[mine] = random.choice(ids, size=(int(mine.sum()), max(LENGTHS)), p=odds)
        lengths = random.choice(LENGTHS, size=more, p=LENGTH_ODDS)
        drawn[np.arange(max(LENGTHS)) >= lengths[:, None]] = -1
        _, first = np.unique(np.concatenate([found, drawn]), axis=0, return_index=True)
        found = np.concatenate([found, drawn])[np.sort(first)]
    return found


def signatures(known: Vocabulary, made: Chains) -> Iterator[Vectors]:
    """Signatures of chains, in chunks of shape (<= 20,000, 1024), in their order."""
    for start in range(0, len(made), _CHUNK):
        chunk = made[start : start + _CHUNK]
        lengths = (chunk >= 0).sum(axis=1)
        out = np.empty((len(chunk), 2 * known.vectors.shape[1]), dtype=np.float32)
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            atoms = known.vectors[chunk[rows, :length]]
            cosines = np.cos(np.pi * (np.arange(length) + 0.5) / length).astype(np.float32)
            moment = np.einsum("l,nld->nd", cosines, atoms) / length
            joined = np.concatenate([atoms.mean(axis=1), moment], axis=1)
            out[rows] = joined / np.linalg.norm(joined, axis=1, keepdims=True)
        yield out


def queries(known: Vocabulary, made: Chains, count: int, random: np.random.Generator) -> dict[str, Chains]:
    """What people look for, ``count`` of each sort.

    Returns:
        ``new``: scenes that are not kept; ``paraphrase``: kept scenes with every second atom replaced by a
        near word, in whichever language; ``part``: kept scenes that lost an atom.
    """
    new = chains(known, count, random)
    paraphrase = made[random.choice(len(made), count)].copy()
    for row in paraphrase:
        for place in np.flatnonzero(row >= 0):
            if random.random() < 0.5:
                near = np.argsort(-(known.vectors @ known.vectors[row[place]]))[1 : 1 + _NEAR]
                row[place] = random.choice(near)
    long = made[made[:, 2] >= 0]
    part = long[random.choice(len(long), count)].copy()
    for row in part:
        length = int((row >= 0).sum())
        gone = random.integers(length)
        row[gone : length - 1] = row[gone + 1 : length].copy()
        row[length - 1] = -1
    return {"new": new, "paraphrase": paraphrase, "part": part}


def scene(known: Vocabulary, chain: NDArray[np.int32]) -> Scene:
    """A chain as a scene, without reading it: its phases say nothing."""
    atoms = tuple(
        Atom(known.texts[word], known.texts[word], known.langs[word], Phase.ACTION)
        for word in chain
        if word >= 0
    )
    langs = {atom.lang for atom in atoms} - {Lang.EMOJI}
    lang = Lang.EMOJI if not langs else Lang.RU if Lang.RU in langs else Lang.EN
    name = fuse([atom.text for atom in atoms], dotted=True)
    return Scene(name, atoms, lang, Kind.ARCHETYPAL, name)
