"""Make ``scene/data/movement.npz``: ``python -m models.build_movement`` (about three minutes).

Reads the labels of words and emoji that ``scene/lexicon.toml`` lacks from the entries near to them in the
bundled encoder's space, so that reading a scene needs no encoder. To be run again when the lexicon changes.

The classifier is kernel ridge regression on one-hot labels (Saunders, Gammerman and Vovk, "Ridge Regression
Learning Algorithm in Dual Variables", ICML 1998) with a Gaussian kernel, its scores made probabilities by a
temperature (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).

Entries have their translations for neighbours, other words have not, so that leaving out one entry would
flatter. Instead each entry is read without all those that are nearer to it than a random word of the
vocabulary is to the lexicon. That measures and calibrates; a vote of the nearest entries is printed beside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from models.embedder import Embedder
from scene import labels, lexis, signature, words
from scene.atoms import Kind, Lang, Phase
from scene.evidence import Trait
from scene.facts import ZIPF_STEP
from scene.signature import Vector

_LEAST_ZIPF = 1.5  # once in thirty million words: below it, typos outnumber words
_KERNEL = 3.0  # exp(kernel * (cosine - 1)); from 2 to 5 and with a ridge from 0.1 to 0.3, nothing changes
_RIDGE = 0.1
_VOTERS = 10
_DRAWS = 2  # how often each entry is read for the measurement, with other distances
_BATCH = 1_000

Floats = NDArray[np.float64]
_ANY = "any"  # the label of an entry that has a kind and no phase: it could do anything


def vocabulary(lang: Lang) -> list[str]:
    """Lemmas that people may put in a scene, as `scene.words` gives them: no names, no function words."""
    facts = lexis.facts(lang)
    named = Trait.NOUN | Trait.ADJECTIVE | Trait.VERB
    found: set[str] = set()
    for number, traits in enumerate(facts.traits.tolist()):
        word = facts.trie.restore_key(number)
        if (
            facts.zipf[number] * ZIPF_STEP >= _LEAST_ZIPF
            and traits & Trait.DICTIONARY
            and (traits & named or not traits & Trait.NAME)
            and len(word) > 1
            and word.isalpha()
            and not words.is_function_word(word, lang)
        ):
            found.add(words.lemma(word, lang))
    return sorted(found)


def emoji_list() -> list[str]:
    """Every emoji that Unicode CLDR names."""
    data = files("scene").joinpath("emoji_annotations.json").read_text(encoding="utf-8")
    return list(json.loads(data)["emoji"])


def embed(embedder: Embedder, entries: Sequence[str]) -> Vector:
    """One unit vector an entry, shape (n, 512), the same as for a scene's atom."""
    glosses = [signature.gloss(entry, words.language_of(entry) or Lang.EMOJI) for entry in entries]
    return np.concatenate([embedder.chain(glosses[part]) for part in _batches(len(glosses))])


class Classifier:
    """Probabilities of labels by nearness to labelled entries.

    Args:
        vectors: Unit vectors of the entries, shape (m, d).
        given: Their labels.
        names: All labels in the order of the columns.
    """

    def __init__(self, vectors: Vector, given: Sequence[str], names: Sequence[str]) -> None:
        self._vectors = vectors
        self.names = names
        self.truth = np.array([names.index(label) for label in given])
        one_hot = np.eye(len(names))[self.truth]
        self.prior: Floats = np.asarray(one_hot.mean(axis=0), dtype=np.float64)
        self._target = one_hot - self.prior
        inverse = np.linalg.inv(_kernel(vectors @ vectors.T) + _RIDGE * np.eye(len(vectors)))
        self._weights = np.asarray(inverse @ self._target, dtype=np.float64)
        # y - ŷ and I - H of the entries themselves, of which leaving out is made.
        self._residual = _RIDGE * self._weights
        self._complement = np.asarray(_RIDGE * inverse, dtype=np.float64)
        self.temperature = 1.0

    def calibrate(self, reach: NDArray[np.float32]) -> tuple[Floats, NDArray[np.intp]]:
        """Choose the temperature by reading the entries themselves.

        Args:
            reach: For each entry the cosines above which others are left out, shape (draws, m).

        Returns:
            The probabilities that the entries get, shape (draws * m, labels), and their true labels.
        """
        scores = np.array([self._without(i, draw[i]) for draw in reach for i in self._all()])
        truth = np.tile(self.truth, len(reach))
        choices = np.exp(np.linspace(0.0, 3.0, 61))
        losses = [-np.log(self._chances(scores, t)[np.arange(len(truth)), truth]).mean() for t in choices]
        self.temperature = float(choices[int(np.argmin(losses))])
        return self._chances(scores, self.temperature), truth

    def vote(self, reach: NDArray[np.float32]) -> float:
        """Accuracy of a vote of the nearest entries, weighted by similarity, under the same conditions."""
        right = 0
        for draw in reach:
            for i in self._all():
                near = self._vectors @ self._vectors[i]
                near[(near > draw[i]) | (np.arange(len(near)) == i)] = 0.0
                best = np.argsort(-near)[:_VOTERS]
                votes = np.bincount(self.truth[best], np.maximum(near[best], 0.0) ** 8, len(self.names))
                right += int(votes.argmax() == self.truth[i])
        return right / reach.size

    def read(self, vectors: Vector) -> Floats:
        """Probabilities of the labels of words that are no entries, shape (n, labels)."""
        parts = (_kernel(vectors[part] @ self._vectors.T) @ self._weights for part in _batches(len(vectors)))
        return self._chances(np.concatenate(list(parts)), self.temperature)

    def nearest(
        self, vectors: Vector, places: NDArray[np.intp], named: NDArray[np.bool_]
    ) -> NDArray[np.intp]:
        """Which entry with a given label is nearest to each word, shape (n,).

        Args:
            vectors: The words, shape (n, d).
            places: The label of each, as a place in ``names``, shape (n,).
            named: Which entries may be named, shape (m,).
        """
        found = np.zeros(len(vectors), dtype=np.intp)
        for part in _batches(len(vectors)):
            agrees = (places[part, None] == self.truth[None, :]) & named
            found[part] = np.where(agrees, vectors[part] @ self._vectors.T, -2.0).argmax(axis=1)
        return found

    def _all(self) -> range:
        return range(len(self.truth))

    def _without(self, i: int, reach: float) -> Floats:
        """Scores of entry ``i`` when it and all nearer than ``reach`` are left out, without fitting anew.

        The leave-out identity of linear smoothers, y - ŷ₋ = (I - H)⁻¹ (y - ŷ) over the rows left out.
        """
        out = np.flatnonzero(self._vectors @ self._vectors[i] > reach)
        out = np.concatenate([[i], out[out != i]])
        error = np.linalg.solve(self._complement[np.ix_(out, out)], self._residual[out])[0]
        scores: Floats = self._target[i] - error
        return scores

    def _chances(self, scores: Floats, temperature: float) -> Floats:
        """Probabilities; those of a word that is near to nothing are the labels' frequencies."""
        raised = self.prior * np.exp(temperature * scores)
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _kernel(cosines: Vector) -> Floats:
    return np.exp(_KERNEL * (cosines.astype(np.float64) - 1.0))


def _batches(count: int) -> Iterator[slice]:
    return (slice(begin, begin + _BATCH) for begin in range(0, count, _BATCH))


def _report(title: str, model: Classifier, reach: NDArray[np.float32]) -> None:
    chances, truth = model.calibrate(reach)
    best, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    print(f"{title}: {len(model.truth):,} entries, temperature {model.temperature:.2f}")
    print(f"  right when left out: {right.mean():.1%}; vote of {_VOTERS}: {model.vote(reach):.1%}", end="; ")
    print(f"commonest label: {model.prior.max():.1%}")
    for low, high in ((0.0, 0.4), (0.4, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        if (these := (best >= low) & (best < high)).any():
            mean, hits = best[these].mean(), right[these].mean()
            print(f"  confidence {mean:.2f}: right {hits:.2f} of {these.sum():,}")


def main() -> None:
    """Fit, measure, label the vocabulary and pack it."""
    embedder = Embedder()
    phases, kinds = labels.labelled("phase"), labels.labelled("kind")
    entries = sorted(phases.keys() | kinds.keys())
    keys: dict[str, str] = {}
    for word in (*vocabulary(Lang.RU), *vocabulary(Lang.EN), *emoji_list()):
        keys.setdefault(labels.key(word), word)
    known = set(entries)
    unlisted = [key for key in keys if key not in known]
    of_entries, of_words = embed(embedder, entries), embed(embedder, [keys[key] for key in unlisted])

    by_phase = Classifier(of_entries, [phases.get(e, _ANY) for e in entries], [*Phase, _ANY])
    made_of = [place for place, entry in enumerate(entries) if entry in kinds]
    by_kind = Classifier(of_entries[made_of], [kinds[entries[place]] for place in made_of], list(Kind))
    nearness = (of_words[part] @ of_entries.T for part in _batches(len(of_words)))
    nearest = np.concatenate([part.max(axis=1) for part in nearness])
    reach = np.random.default_rng(7).choice(nearest, (_DRAWS, len(entries)))
    _report("phase", by_phase, reach)
    _report("kind", by_kind, reach[:, made_of])

    trie = marisa_trie.Trie(unlisted)
    of_words = of_words[np.argsort([trie[key] for key in unlisted])]
    phase_prior = by_phase.prior[: len(Phase)] / by_phase.prior[: len(Phase)].sum()
    # Rounded before the nearest entries are chosen: what is read later must speak for the same label.
    phase_rows = np.rint(by_phase.read(of_words)[:, : len(Phase)] * labels.SURE)
    kind_rows = np.rint(by_kind.read(of_words) * labels.SURE)
    prior = by_kind.prior.tolist()
    spoken = np.array([labels.kind_weights(row, prior) for row in (kind_rows / labels.SURE).tolist()])
    # A word explains better than an emoji, whose mean of several words is near to everything.
    named = np.array([words.language_of(entry) is not None for entry in entries])
    nearest_phase = by_phase.nearest(of_words, (phase_rows / phase_prior).argmax(axis=1), named)
    nearest_kind = by_kind.nearest(of_words, spoken.argmax(axis=1), named[made_of])
    np.savez_compressed(
        labels.PACKED,
        trie=np.frombuffer(trie.tobytes(), dtype=np.uint8),
        phases=phase_rows.astype(np.uint8),
        kinds=kind_rows.astype(np.uint8),
        nearest=np.stack([nearest_phase, np.array(made_of)[nearest_kind]], axis=1).astype(np.uint16),
        entries=np.frombuffer("\n".join(entries).encode("utf-8"), dtype=np.uint8),
        phase_prior=phase_prior,
        kind_prior=by_kind.prior,
    )
    print(f"{labels.PACKED.name}: {len(unlisted):,} words and emoji, {labels.PACKED.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
