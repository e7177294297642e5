"""How good a candidate is: what it keeps of its scene and how well it is written.

Each term is between 0 and 1 but for the log-probability; the total is their weighted sum.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from models.embedder import Embedder
from scene import emoji, forms, signature, words
from scene.atoms import Atom, Lang, Scene
from scene.calibration import Pair, probability
from scene.forms import Form

# An emoji, or a word in the other language, is kept when a word of the text means the same. On pairs of
# translations and of unrelated words, the bundled encoder's cosines part around this value.
_SAME_MEANING = 0.72
# Emoji speak more loosely: the nearest emoji to a word is rarely its translation.
_NEAR_MEANING = 0.58

_WEIGHTS = {
    "coverage": 3.0,
    "order": 1.0,
    "shape": 2.0,
    "known": 2.0,
    "language": 2.0,
    "resonance": 1.5,
    "fresh": 2.0,
    "varied": 1.5,
    "logprob": 0.8,
}


@dataclass(frozen=True, slots=True)
class Scores:
    """What the judge found.

    Attributes:
        coverage: Share of the scene's atoms that the text keeps.
        order: Share of neighbouring kept atoms that stand in the scene's order.
        shape: 1 when the text has its form's shape.
        known: Share of words that exist.
        language: Share of words in the language asked for.
        resonance: How likely the text says the scene, by their signatures (`scene.calibration`).
        fresh: 1 minus the share of the text that repeats the prompt's examples, or of their atoms in it.
        varied: 1 minus the share of the text that repeats itself.
        logprob: Mean log-probability of a token, in nats.
    """

    coverage: float
    order: float
    shape: float
    known: float
    language: float
    resonance: float
    fresh: float
    varied: float
    logprob: float

    @property
    def total(self) -> float:
        """The weighted sum that candidates are ranked by."""
        return float(sum(weight * getattr(self, term) for term, weight in _WEIGHTS.items()))

    def passes(self, form: Form) -> bool:
        """Whether a person should be given this text without another try."""
        kept = form is Form.SILENCE or self.coverage >= 0.75
        return kept and self.shape == 1 and min(self.fresh, self.varied, self.known) >= 0.6


class Judge:
    """Scores texts against scenes.

    Args:
        embedder: Gives word vectors and signatures.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def scores(self, scene: Scene, form: Form, lang: Lang, text: str, logprob: float) -> Scores:
        """Score one candidate.

        Args:
            scene: What the text was made from.
            form: The form asked for.
            lang: The language asked for, ``RU`` or ``EN``.
            text: The candidate, without a mark.
            logprob: Its mean log-probability of a token, in nats.
        """
        found = words.words_of(text)
        spoken = [(word, words.language_of(word)) for word in found]
        coverage, order = self._kept(scene, form, text, found)
        return Scores(
            coverage=coverage,
            order=order,
            shape=float(forms.is_shaped(form, text, len(scene.atoms))),
            known=_share([lang_ is not None and words.is_known(word, lang_) for word, lang_ in spoken]),
            language=_share([lang_ is lang for _, lang_ in spoken]),
            resonance=self.resonance(scene, text),
            fresh=1.0 - max(_echo(text, form, lang), _strangers(found, scene, form, lang)),
            varied=1.0 - _repetition(found),
            logprob=max(logprob, -4.0),
        )

    def resonance(self, scene: Scene, text: str) -> float:
        """How likely a text says a scene, by their signatures, 0 to 1; 0 for a text without meaning."""
        vector = self._embedder.text(text)
        if vector is None:
            return 0.0
        cosine = signature.resonance(self._embedder.scene(scene), vector)
        return probability(cosine, Pair.TEXT, self._embedder.name)

    def _kept(self, scene: Scene, form: Form, text: str, found: list[str]) -> tuple[float, float]:
        """Coverage and order: where each atom first appears, by lemma, else by meaning."""
        atoms = [atom for atom in scene.atoms if not words.is_function_word(atom.text, atom.lang)]
        atoms = atoms or list(scene.atoms)
        if form is Form.EMOJI:
            shown = [cluster for cluster in emoji.clusters(text) if emoji.is_emoji(cluster)]
            meanings = [(word, at) for at, cluster in enumerate(shown) for word in _meanings(cluster)]
            near = self._by_meaning(atoms, [(word,) for word, _ in meanings], _NEAR_MEANING)
            places = [None if place is None else meanings[place][1] for place in near]
        else:
            forms_of = [_lemmas(word) for word in found]
            places = [_place(atom, forms_of) for atom in atoms]
            missing = [i for i, place in enumerate(places) if place is None]
            if missing and found:
                near = self._by_meaning([atoms[i] for i in missing], [(w,) for w in found], _SAME_MEANING)
                for i, place in zip(missing, near, strict=True):
                    places[i] = place
        seen = [place for place in places if place is not None]
        steps = [a <= b for a, b in itertools.pairwise(seen)]
        return len(seen) / len(atoms), (_share(steps) if len(seen) > 1 else float(bool(seen)))

    def _by_meaning(
        self, atoms: list[Atom], glosses: list[tuple[str, ...]], threshold: float
    ) -> list[int | None]:
        if not glosses:
            return [None] * len(atoms)
        cosines = (
            self._embedder.chain([signature.gloss(atom.text, atom.lang) for atom in atoms])
            @ self._embedder.chain(glosses).T
        )
        return [int(np.argmax(row)) if row.max() >= threshold else None for row in cosines]


def _lemmas(word: str) -> frozenset[str]:
    lang = words.language_of(word)
    return words.lemmas(word, lang) if lang else frozenset()


def _place(atom: Atom, forms_of: list[frozenset[str]]) -> int | None:
    """Position of the first word that is this atom, inflected or not."""
    if atom.lang is Lang.EMOJI:
        names = [emoji.name(atom.text, lang) for lang in (Lang.RU, Lang.EN)]
        targets = frozenset(form for name in names for word in words.words_of(name) for form in _lemmas(word))
    else:
        targets = words.lemmas(atom.text, atom.lang) | {atom.lemma.replace("ё", "е")}
    return next((i for i, lemmas in enumerate(forms_of) if lemmas & targets), None)


def _meanings(cluster: str) -> list[str]:
    own = emoji.meanings().get(emoji.bare(cluster))
    return own or [emoji.name(cluster, lang) for lang in (Lang.RU, Lang.EN)]


def _echo(text: str, form: Form, lang: Lang) -> float:
    """Share of the text's four-word runs that stand in the prompt as well: its examples, or what it asks."""
    asked = forms.voice(form, lang)
    if form in (Form.EMOJI, Form.FORMULA, Form.SILENCE):
        # Too short for runs; and silence may well choose a word that an example chose.
        return float(form is not Form.SILENCE and any(text == shot.text for shot in asked.shots))
    own = _runs(words.words_of(text), 4)
    prompt = {
        run
        for said in (asked.ask, *(shot.text for shot in asked.shots))
        for run in _runs(words.words_of(said), 4)
    }
    return sum(run in prompt for run in own) / len(own) if own else 0.0


def _strangers(found: list[str], scene: Scene, form: Form, lang: Lang) -> float:
    """How many atoms of the examples have walked into the text, for each atom of the scene; 1 at most."""
    if form is Form.EMOJI:
        return 0.0
    own = {form_ for atom in scene.atoms for form_ in (*_lemmas(atom.text), atom.lemma)}
    shown = {
        form_ for shot in forms.voice(form, lang).shots for atom in shot.chain for form_ in _lemmas(atom)
    }
    count = sum(bool(lemmas & shown and not lemmas & own) for lemmas in map(_lemmas, found))
    return min(1.0, count / (2 * len(scene.atoms)))


def _repetition(found: list[str]) -> float:
    """Share of what has been said before: three-word runs, or words that carry meaning, whichever is more."""
    meant = [
        word for word in found if (lang := words.language_of(word)) and not words.is_function_word(word, lang)
    ]
    said = [words.lemma(word, words.language_of(word) or Lang.EN) for word in meant]
    return max(_repeated(_runs(found, 3)), _repeated(said))


def _repeated(items: Sequence[Hashable]) -> float:
    return sum(count - 1 for count in Counter(items).values()) / len(items) if items else 0.0


def _runs(found: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]


def _share(hits: list[bool]) -> float:
    return sum(hits) / len(hits) if hits else 1.0
