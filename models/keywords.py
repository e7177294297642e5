"""A text's own words as a scene: what can be said of its scene without a language model.

Words that carry meaning are ranked by how rare they are and how near they lie to the whole text; nouns come
first, because scenes name things. The best stand in the order of the text.
"""

from __future__ import annotations

import wordfreq

from models.embedder import Embedder
from scene import emoji, mark, signature, words
from scene import own as own_words
from scene.atoms import Lang, Scene
from scene.errors import SceneError
from scene.parse import parse

_ATOMS = 4  # the commonest length of a scene
_LEAST = 2  # words or emoji: a single one is no text that a scene could be read from
_NOUN = 2.5  # what being a noun counts beside rarity (in tens of the frequency) and nearness
_NEARNESS = 2.0
_RAREST, _COMMONEST = 3.0, 6.0  # Zipf frequencies beyond which rarity says no more


def scene(text: str, lang: Lang, own: frozenset[str], embedder: Embedder) -> Scene | None:
    """The scene that a text's own words make.

    Args:
        text: Any text, not too long.
        lang: ``RU`` or ``EN``.
        own: The person's own words: any that is met is an atom.
        embedder: Says how near a word lies to the text.

    Returns:
        The scene; None for a text without two words or emoji that carry meaning.
    """
    forms = own_words.forms(own) if own else {}
    weights: dict[str, float] = {}
    found = [gloss[0] if len(gloss) == 1 else None for gloss in signature.text_glosses(text)]
    shown = [cluster for cluster in emoji.clusters(text) if emoji.is_emoji(cluster)]
    said = [word for word in found if word is not None]
    vectors = embedder.words(said) if said else None
    for number, word in enumerate(said):
        spoken = words.language_of(word) or lang
        taught = forms.get(own_words.folded(word))
        lemma = taught or words.lemma(word, spoken)
        assert vectors is not None
        nearness = float(vectors[number] @ signature.normalize(vectors.mean(axis=0)))
        rarity = _COMMONEST - min(max(wordfreq.zipf_frequency(lemma, spoken.value), _RAREST), _COMMONEST)
        noun = spoken is Lang.RU and bool(words.noun_forms(lemma))
        weight = 100.0 if taught else rarity + _NEARNESS * nearness + _NOUN * noun
        weights[lemma] = max(weight, weights.get(lemma, 0.0))
    best = sorted(weights, key=lambda lemma: -weights[lemma])[:_ATOMS]
    chosen = [lemma for lemma in weights if lemma in best]
    if len({*weights, *shown}) < _LEAST:
        return None
    return chain(chosen or [emoji.name(each, lang) for each in shown[:_ATOMS]], lang, own)


def chain(atoms: list[str], lang: Lang, own: frozenset[str]) -> Scene | None:
    """A scene of words in their dictionary forms; None when they make none.

    Args:
        atoms: Words; helpers and repetitions are left out, a name of several words gives its last.
        lang: Their language.
        own: The person's own words.
    """
    forms = own_words.forms(own) if own else {}
    kept: list[str] = []
    for atom in atoms:
        word = "".join(words.words_of(atom)[-1:])
        spoken = words.language_of(word) or lang
        taught = forms.get(own_words.folded(word))
        if taught is None and not words.is_known(word, spoken):  # small models make words up
            continue
        lemma = taught or words.lemma(word, spoken)
        if len(lemma) > 1 and not words.is_function_word(lemma, spoken) and lemma not in kept:
            kept.append(lemma)
    if not kept:
        return None
    try:
        # With dots between them, atoms are taken as they are.
        return parse(mark.fuse(kept, dotted=True), own=own)
    except SceneError:
        return None
