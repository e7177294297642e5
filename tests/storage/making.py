"""Scenes, renderings and vectors made by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scene.atoms import Atom, Kind, Lang, Phase, Scene
from storage.records import Rendering


def scene(*words: str, lang: Lang = Lang.RU, lemmas: dict[str, str] | None = None) -> Scene:
    """A scene of these words; a word is its own lemma unless ``lemmas`` has another."""
    atoms = tuple(Atom(word, (lemmas or {}).get(word, word), lang, Phase.ACTION) for word in words)
    return Scene(" ".join(words), atoms, lang, Kind.BODILY, "".join(words))


def rendering(text: str = "Пепел остыл.", form: str = "poem") -> Rendering:
    return Rendering(
        form=form,
        persona="poet",
        lang=Lang.RU,
        text=text,
        model="smollm2-135m",
        seed=7,
        resonance=0.5,
        coverage=None,
        candidates=3,
        seconds=1.25,
    )


def vector(*values: float) -> NDArray[np.float32]:
    """An L2-normalised vector, shape (len(values),)."""
    raw = np.array(values, dtype=np.float32)
    return raw / np.linalg.norm(raw).astype(np.float32)
