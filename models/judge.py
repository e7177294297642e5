"""How good a candidate is: what it keeps of its scene and how well it is written.

Each term is between 0 and 1 but for the two log-probabilities; what they weigh is fitted
(``models.ranking``), what a text must reach is set here.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import regex

from models.backend import Candidate
from models.embedder import Embedder
from models.palette import NEAR
from models.ranking import weights
from scene import agreement, emoji, forms, formula, shapes, signature, tempo, words
from scene.atoms import Atom, Lang, Scene
from scene.forms import Form

# An emoji, or a word in the other language, is kept when a word of the text means the same. On pairs of
# translations and of unrelated words, the bundled encoder's cosines part around this value. Emoji speak more
# loosely (``palette.NEAR``): the nearest emoji to a word is rarely its translation.
_SAME_MEANING = 0.72
_RUN = 3  # words in a row that are too many to share with an example by chance
_WORST = 0.25  # share of the least likely tokens that tell of a slip
_ROUNDING = 1e-9
_FLOOR = -8.0  # nats: a token less likely than this says nothing more

# What is left of a prompt, of a chat or of source code.
_ALIEN = r"(?=\p{L})[^\p{Latin}\p{Cyrillic}\p{Greek}]"  # a letter of another script
_MARKUP = regex.compile(rf"[#*_`<>{{}}\[\]\\|~^=@]|https?:|\d|(?:^|\n)\s*\p{{L}}+:|{_ALIEN}")
_FORMULA_MARKUP = regex.compile(rf"[#_`{{}}\[\]\\~@]|https?:|:|{_ALIEN}")
_CLOCK = regex.compile(r"^t\s*=\s*[\d.,∞]+\s*[:;]?", regex.IGNORECASE)

_OF_SENTENCES = (Form.NARRATIVE, Form.ESSAY, Form.POEM, Form.LOGIC, Form.METAPHOR)

_BAR = {
    "coverage": 0.8,
    "order": 0.66,
    "shape": 1.0,
    "known": 0.9,
    "agreement": 0.7,
    "language": 0.9,
    "fresh": 0.7,
    "varied": 0.7,
    "clean": 1.0,
}
"""The least that a text must reach in each term, to be given without a word of excuse."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the judge found.

    Attributes:
        coverage: Share of the scene's atoms that the text keeps.
        order: Share of neighbouring kept atoms that stand in the scene's order.
        shape: 1 when the text has its form's shape.
        tempo: How well its lines or sentences breathe as the scene moves; 1 for forms without a tempo.
        known: Share of words that exist.
        usual: Share of words that people use: a small model's slips exist more often than they are said.
        agreement: Share of what should agree in a sentence that does.
        language: Share of words in the language asked for.
        resonance: How likely the text says the scene, by their signatures (`scene.calibration`).
        fresh: 1 minus the share of the text that repeats the prompt's examples, or of their atoms in it.
        varied: 1 minus the share of the text that repeats itself.
        clean: 1 without leftovers of a prompt, of a chat or of source code.
        whole: 1 when the model ended it by itself, 0 when it was cut off.
        logprob: Mean log-probability of a token, in nats.
        worst: Mean log-probability of the least likely quarter of tokens, in nats.
    """

    coverage: float
    order: float
    shape: float
    tempo: float
    known: float
    usual: float
    agreement: float
    language: float
    resonance: float
    fresh: float
    varied: float
    clean: float
    whole: float
    logprob: float
    worst: float

    @property
    def total(self) -> float:
        """The weighted sum that candidates are ranked by."""
        return float(sum(weight * getattr(self, term) for term, weight in weights().items()))

    def failed(self, form: Form) -> tuple[str, ...]:
        """The terms in which the text is below the bar; empty for a text that is good enough.

        Args:
            form: Silence says one word at most, so that it can keep no scene.
        """
        return _below({term: getattr(self, term) for term in _BAR}, form)


TERMS = tuple(field.name for field in fields(Scores))


class Judge:
    """Scores texts against scenes.

    Args:
        embedder: Gives word vectors and signatures.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def scores(self, scene: Scene, form: Form, lang: Lang, text: str, candidate: Candidate) -> Scores:
        """Score one candidate.

        Args:
            scene: What the text was made from.
            form: The form asked for.
            lang: The language asked for, ``RU`` or ``EN``.
            text: What it says, without a mark.
            candidate: How likely its tokens were.
        """
        spoken = [(word, words.language_of(word)) for word in _spoken(form, text)]
        return Scores(
            **self._held(scene, form, lang, text),
            tempo=self._tempo(scene, form, lang, text),
            usual=_share([lang_ is not None and words.is_usual(word, lang_) for word, lang_ in spoken]),
            resonance=self.resonance(scene, text),
            whole=float(candidate.complete),
            logprob=_mean(candidate.logprobs),
            worst=_mean(sorted(candidate.logprobs)[: math.ceil(len(candidate.logprobs) * _WORST)]),
        )

    def _held(self, scene: Scene, form: Form, lang: Lang, text: str) -> dict[str, float]:
        """The terms that have a bar."""
        said = _CLOCK.sub("", text) if form is Form.METAPHOR else text
        found = _spoken(form, text)
        spoken = [(word, words.language_of(word)) for word in found]
        own = {atom.text for atom in scene.atoms}
        coverage, order = self._kept(scene, form, text, found)
        markup = _FORMULA_MARKUP if form is Form.FORMULA else _MARKUP
        return {
            "coverage": coverage,
            "order": order,
            "shape": float(shapes.is_shaped(form, text, len(scene.atoms))),
            "known": _share([lang_ is not None and words.is_known(word, lang_) for word, lang_ in spoken]),
            "agreement": agreement.share(text, lang) if form in _OF_SENTENCES else 1.0,
            "language": _share([lang_ is lang or word in own for word, lang_ in spoken]),
            "fresh": 1.0 - max(_echo(text, form, lang), _share_of(strangers(text, scene, form, lang), scene)),
            "varied": 1.0 - _repetition(said, form),
            "clean": float(not markup.search(said) and (form is Form.EMOJI or not emoji_in(text))),
        }

    def promises(self, scene: Scene, form: Form, lang: Lang, text: str, ended: bool) -> bool:
        """Whether a poem can become good, as far as it is written: its lines take the atoms in turn.

        Args:
            scene: What it voices.
            form: Its form.
            lang: The language asked for, ``RU`` or ``EN``.
            text: Its lines so far, each at its end.
            ended: There are no more: it must be good as it is.
        """
        held = self._held(scene, form, lang, text)
        failed = set(_below(held, form))
        if ended:
            return not failed
        due = min(text.count("\n") + 1, len(scene.atoms)) / len(scene.atoms)
        return held["coverage"] >= due - _ROUNDING and not failed - {"coverage", "shape"}

    def resonance(self, scene: Scene, text: str) -> float:
        """How likely a text says a scene, by their signatures, 0 to 1; 0 for a text without meaning."""
        return self._embedder.resonance(scene, self._embedder.text(text))

    def missing(self, scene: Scene, form: Form, text: str) -> list[Atom]:
        """The atoms that a text has lost."""
        atoms, places = self._places(scene, form, text, words.words_of(text))
        return [atom for atom, place in zip(atoms, places, strict=True) if place is None]

    def _tempo(self, scene: Scene, form: Form, lang: Lang, text: str) -> float:
        if not forms.voice(form, lang).tempo:
            return 1.0
        asked = tempo.of_scene(scene, self._embedder.chain(signature.glosses(scene)))
        return asked.closeness(shapes.parts(form, text))

    def _kept(self, scene: Scene, form: Form, text: str, found: list[str]) -> tuple[float, float]:
        """Coverage and order: where each atom first appears, by lemma, else by meaning."""
        atoms, places = self._places(scene, form, text, found)
        seen = [place for place in places if place is not None]
        steps = [a <= b for a, b in itertools.pairwise(seen)]
        return len(seen) / len(atoms), (_share(steps) if len(seen) > 1 else float(bool(seen)))

    def _places(
        self, scene: Scene, form: Form, text: str, found: list[str]
    ) -> tuple[list[Atom], list[int | None]]:
        """The atoms that a text should keep, and where each of them stands in it."""
        atoms = [atom for atom in scene.atoms if not words.is_function_word(atom.text, atom.lang)]
        atoms = atoms or list(scene.atoms)
        if form is Form.EMOJI:
            shown = enumerate(emoji_in(text))
            meanings = [(word, at) for at, cluster in shown for word in _meanings(cluster)]
            near = self._by_meaning(atoms, [(word,) for word, _ in meanings], NEAR)
            return atoms, [None if place is None else meanings[place][1] for place in near]
        forms_of = [words.lemmas_of(word) for word in found]
        places = [_place(atom, forms_of) for atom in atoms]
        missing = [i for i, place in enumerate(places) if place is None]
        if missing and found:
            near = self._by_meaning([atoms[i] for i in missing], [(w,) for w in found], _SAME_MEANING)
            for i, place in zip(missing, near, strict=True):
                places[i] = place
        return atoms, places

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


def emoji_in(text: str) -> list[str]:
    """The emoji of a text, in order."""
    return [cluster for cluster in emoji.clusters(text) if emoji.is_emoji(cluster)]


def strangers(text: str, scene: Scene, form: Form, lang: Lang) -> list[str]:
    """Words of a text that are atoms of the prompt's examples and none of the scene's."""
    if form is Form.EMOJI:
        return []
    own = set[str]().union(*(_own(atom) for atom in scene.atoms))
    shown = {
        lemma
        for shot in forms.voice(form, lang).shots
        for atom in shot.chain
        for lemma in words.lemmas_of(atom)
    }
    return [
        word for word in words.words_of(text) if (found := words.lemmas_of(word)) & shown and not found & own
    ]


def _below(held: Mapping[str, float], form: Form) -> tuple[str, ...]:
    free = ("coverage", "order") if form is Form.SILENCE else ()
    return tuple(term for term, bar in _BAR.items() if term not in free and held[term] < bar)


def _spoken(form: Form, text: str) -> list[str]:
    """The words that a text says: a formula's names are some, a metaphor's clock is none."""
    if form is Form.FORMULA:
        return formula.names_in(text)
    return words.words_of(_CLOCK.sub("", text) if form is Form.METAPHOR else text)


def _place(atom: Atom, forms_of: list[frozenset[str]]) -> int | None:
    """Position of the first word that is this atom, inflected or not."""
    targets = _own(atom)
    return next((i for i, lemmas in enumerate(forms_of) if lemmas & targets), None)


def _own(atom: Atom) -> frozenset[str]:
    """What an atom is called: its lemmas, those of an emoji's names."""
    if atom.lang is Lang.EMOJI:
        return words.lemmas_in(" ".join(emoji.name(atom.text, lang) for lang in (Lang.RU, Lang.EN)))
    return words.lemmas(atom.text, atom.lang) | {atom.lemma.replace("ё", "е")}


def _meanings(cluster: str) -> list[str]:
    own = emoji.meanings().get(emoji.bare(cluster))
    return own or [emoji.name(cluster, lang) for lang in (Lang.RU, Lang.EN)]


def _echo(text: str, form: Form, lang: Lang) -> float:
    """Share of the text's words in runs of three that, by lemma, stand in an example as well."""
    asked = forms.voice(form, lang)
    if form in (Form.EMOJI, Form.FORMULA, Form.SILENCE):
        # Too short for runs; and silence may well choose a word that an example chose.
        return float(form is not Form.SILENCE and any(text == shot.text for shot in asked.shots))
    said = words.said(text)
    prompt = (asked.ask, *(shot.text for shot in asked.shots))
    shown = {run for each in prompt for run in words.runs(words.said(each), _RUN)}
    echoed = {at + i for at, run in enumerate(words.runs(said, _RUN)) if run in shown for i in range(_RUN)}
    return len(echoed) / len(said) if said else 0.0


def _share_of(strange: list[str], scene: Scene) -> float:
    return min(1.0, len(strange) / (2 * len(scene.atoms)))


def _repetition(text: str, form: Form) -> float:
    """Share of what has been said before: three-word runs, or words that carry meaning, whichever is more.

    Formulas and conclusions are made of saying the same again.
    """
    if form is Form.FORMULA:
        return 0.0
    runs = words.runs(words.words_of(text), _RUN)
    if form is Form.LOGIC:
        return _repeated(runs)
    return max(_repeated(runs), _repeated(words.said(" ".join(words.meant(text)))))


def _repeated(items: Sequence[Hashable]) -> float:
    return sum(count - 1 for count in Counter(items).values()) / len(items) if items else 0.0


def _share(hits: list[bool]) -> float:
    return sum(hits) / len(hits) if hits else 1.0


def _mean(logprobs: Sequence[float]) -> float:
    return max(_FLOOR, sum(logprobs) / len(logprobs)) if logprobs else _FLOOR
