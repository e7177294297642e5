"""Short codes of signatures, and the search among them: principal components, product quantization.

A signature is turned onto its archive's principal components. The first of them make the coarse code,
four bits for each pair, in which faiss looks through all rows with tables held in registers (André,
Kermarrec and Le Scouarnec, "Cache locality is not enough: High-Performance Nearest Neighbor Search with
Product Quantization Fast Scan", 2015). The fine code is a byte for each component, and orders what the
coarse one found.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from storage.signatures import Vectors

Coarse = NDArray[np.uint8]
Fine = NDArray[np.int8]

FINE_COMPONENTS = 256  # what they leave of a signature's variance is some 18 %
COARSE_COMPONENTS = 192
LEAST_DIMENSION = 32
"""Shorter signatures are not worth a code."""
_BITS = 4  # what fits a register's table
_LIMIT = 127


def _faiss() -> Any:
    """The library, loaded when it is first needed, with one thread: a row's work is too small to share."""
    faiss = importlib.import_module("faiss")
    faiss.omp_set_num_threads(1)  # holds for the thread that calls
    return faiss


def available() -> bool:
    """Whether there is a library to search codes with: on macOS its OpenMP and torch's crash each other."""
    try:
        _faiss()
    except ImportError:
        return False
    return True


class Coder:
    """Makes codes; trained once on an archive's own signatures.

    Args:
        mean: Mean signature, shape (dimension,).
        axes: Principal components as columns, the greatest first, shape (dimension, components).
        rotation: Spreads the coarse components' variance evenly, shape (coarse, coarse).
        step: What one step of a fine code's byte is worth.
        quantizer: A trained ``faiss.IndexPQ`` without rows, as bytes.
    """

    def __init__(
        self,
        mean: Vectors,
        axes: Vectors,
        rotation: Vectors,
        step: NDArray[np.float32],
        quantizer: NDArray[np.uint8],
    ) -> None:
        self._parts: dict[str, Any] = {
            "mean": mean, "axes": axes, "rotation": rotation, "step": step, "quantizer": quantizer
        }  # fmt: skip
        self._mean, self._axes, self._rotation, self._step = mean, axes, rotation, step
        self._quantizer = quantizer

    @classmethod
    def train(cls, signatures: Vectors) -> Self:
        """Learn components and codes.

        Args:
            signatures: A sample, shape (n, dimension), ``dimension`` at least ``LEAST_DIMENSION``.
        """
        faiss = _faiss()
        mean = signatures.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov(signatures - mean, rowvar=False))
        components = min(FINE_COMPONENTS, signatures.shape[1])
        axes = np.ascontiguousarray(vectors[:, np.argsort(-values)[:components]], dtype=np.float32)
        coarse = min(COARSE_COMPONENTS, components // 4 * 4)
        noise = np.random.default_rng(0).standard_normal((coarse, coarse))
        rotation = np.linalg.qr(noise)[0].astype(np.float32)
        turned = (signatures - mean) @ axes
        quantizer = faiss.IndexPQ(coarse, coarse // 2, _BITS)
        quantizer.train(turned[:, :coarse] @ rotation)
        step = np.float32(max(np.abs(turned).max(), 1e-6) / _LIMIT).reshape(1)
        return cls(mean, axes, rotation, step, faiss.serialize_index(quantizer))

    def dump(self) -> bytes:
        """The coder as bytes."""
        out = io.BytesIO()
        np.savez(out, allow_pickle=False, **self._parts)
        return out.getvalue()

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The coder that ``dump`` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as parts:
            return cls(**{name: parts[name] for name in parts.files})

    def turn(self, signatures: Vectors) -> Vectors:
        """Components of signatures, shape (n, components)."""
        turned: Vectors = ((signatures - self._mean) @ self._axes).astype(np.float32, copy=False)
        return turned

    def fine(self, turned: Vectors) -> Fine:
        """Fine codes, shape (n, components)."""
        codes: Fine = np.clip(np.rint(turned / self._step), -_LIMIT, _LIMIT).astype(np.int8)
        return codes

    def coarse(self, turned: Vectors) -> Coarse:
        """Coarse codes, shape (n, bytes)."""
        codes: Coarse = self.empty().sa_encode(self.rotated(turned))
        return codes

    @property
    def components(self) -> int:
        """Length of a fine code."""
        return int(self._axes.shape[1])

    def rotated(self, turned: Vectors) -> Vectors:
        """The coarse components, as coarse codes are made of them."""
        return np.ascontiguousarray(turned[:, : len(self._rotation)] @ self._rotation)

    def empty(self) -> Any:
        """A ``faiss.IndexPQ`` without rows."""
        return _faiss().deserialize_index(self._quantizer)

    def apart(self, fine: Fine, turned: Vectors) -> Vectors:
        """Squared distances of fine codes, shape (n, components), from components, shape (1, components)."""
        difference = fine * self._step - turned
        distances: Vectors = np.einsum("nd,nd->n", difference, difference)
        return distances


class Codes:
    """The codes of many rows in memory, to be searched. Not safe to use from several threads at once.

    Args:
        coder: What made the codes.
        coarse: Parts of the coarse codes, each of shape (n, bytes).
        fine: Parts of the fine codes, each of shape (n, components).
    """

    def __init__(self, coder: Coder, coarse: Sequence[Coarse], fine: Sequence[Fine]) -> None:
        self._coder = coder
        rows = coder.empty()
        for part in coarse:
            rows.add_sa_codes(part)
        self._scan: Any = _faiss().IndexPQFastScan(rows)
        self._count = sum(map(len, fine))
        # Room to grow: a copy of everything for each new part would take ever longer.
        self._fine = np.empty((self._room(), coder.components), dtype=np.int8)
        np.concatenate([self._fine[:0], *fine], out=self._fine[: self._count])

    def _room(self) -> int:
        return self._count + max(self._count // 8, 10_000)

    def append(self, turned: Vectors, fine: Fine) -> None:
        """Add rows, as components and as the fine codes made of these."""
        _faiss()
        self._scan.add(self._coder.rotated(turned))
        end = self._count + len(fine)
        if end > len(self._fine):
            larger = np.empty((self._room() + len(fine), self._fine.shape[1]), dtype=np.int8)
            larger[: self._count] = self._fine[: self._count]
            self._fine = larger
        self._fine[self._count : end] = fine
        self._count = end

    def nearest(self, signature: Vectors, wide: int, narrow: int) -> NDArray[np.int64]:
        """Rows that are likely the nearest.

        Args:
            signature: What is looked for, shape (dimension,).
            wide: How many rows the coarse codes choose.
            narrow: How many of these the fine codes choose.

        Returns:
            Places of the rows, from 0 in the order of their adding; the nearest are not first.
        """
        if not self._count:
            return np.empty(0, dtype=np.int64)
        _faiss()
        turned = self._coder.turn(signature[None])
        _, found = self._scan.search(self._coder.rotated(turned), min(wide, self._count))
        rows: NDArray[np.int64] = found[0][found[0] >= 0]
        if len(rows) <= narrow:
            return rows
        return rows[np.argpartition(self._coder.apart(self._fine[rows], turned), narrow)[:narrow]]
