"""How much of one text stands in another, in order: words aligned with words, each to some degree the
same.

The alignment is the heaviest common subsequence (Needleman and Wunsch 1970, without penalties for gaps): a
pair of words weighs its letters times the similarity of their spelling. So typos cost a part of a word, and
a missing half or words around the text cost nothing but themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

_SAME_WORD = 0.6  # words less alike are other words
# What a sign weighs, in letters: an emoji tells as much as a word, an ellipsis only that something is silent.
_EMOJI, _ELLIPSIS = 6, 3


@dataclass(frozen=True, slots=True)
class Alignment:
    """What two texts have in common.

    Attributes:
        letters: Weight of the words that they share, in letters.
        explained: Share of the asked text that is found in the other, 0 to 1.
        covered: Share of the other text that is found in the asked one, 0 to 1.
    """

    letters: float
    explained: float
    covered: float


def align(asked: Sequence[str], kept: Sequence[str]) -> Alignment:
    """Align two skeletons.

    Args:
        asked: Words of the text that is asked about.
        kept: Words of a kept text.

    Returns:
        What they share; nothing for an empty text.
    """
    if not asked or not kept:
        return Alignment(0.0, 0.0, 0.0)
    likeness = process.cdist(
        asked, kept, scorer=Indel.normalized_similarity, score_cutoff=_SAME_WORD, dtype=np.float32
    )
    ours, theirs = _weights(asked), _weights(kept)
    pairs = likeness * (ours[:, None] + theirs[None, :]) / 2
    best = np.zeros(len(kept) + 1, dtype=np.float32)
    for row in pairs:
        best[1:] = np.maximum.accumulate(np.maximum(best[1:], best[:-1] + row))
    shared = float(best[-1])
    return Alignment(shared, min(1.0, shared / float(ours.sum())), min(1.0, shared / float(theirs.sum())))


def _weights(words: Sequence[str]) -> np.ndarray:
    return np.array(
        [len(word) if word.isalnum() else _ELLIPSIS if word == "…" else _EMOJI for word in words],
        dtype=np.float32,
    )
