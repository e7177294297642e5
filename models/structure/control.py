"""The control: the reference's weights disturbed by chance, as strongly as a level disturbs them.

A level's error is a deterministic function of the weights. Whatever it does to a text may be due to its
structure, or only to its strength; Gaussian noise of the same strength in every block tells the two apart.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
from gguf import GGMLQuantizationType

from models.fetch import SPARE_BYTES, disk_full
from models.ladder import Ladder, Rung
from models.structure.weights import PIECE, Tensor, Weights, WeightsFile

BASE = "F32"
"""Level whose file takes other weights: those of any reference, as F32."""

_PREFIX = ".control-"

Change = Callable[[Tensor, int, Weights], Weights]
"""A tensor, the number of a piece of it, and the piece's weights: what is to stand there instead."""


class Strength:
    """How strongly a level disturbs each block of the reference's weights.

    Args:
        reference: The reference's weights.
        level: The level's, of the same model.

    Attributes:
        blocks: By tensor's name, the root mean square of each block's error, shape (blocks,); only tensors
            that the level changes.
        sizes: By tensor's name, how many weights a block has: the level's own block of quantization.
    """

    def __init__(self, reference: WeightsFile, level: WeightsFile) -> None:
        self.blocks: dict[str, npt.NDArray[np.float32]] = {}
        self.sizes: dict[str, int] = {}
        for name, tensor in reference.tensors.items():
            other = level.tensors[name]
            if other.type == tensor.type:
                continue
            parts = [
                rms(theirs - ours, other.block)
                for ours, theirs in zip(reference.pieces(tensor), level.pieces(other), strict=True)
            ]
            self.blocks[name] = np.concatenate(parts)
            self.sizes[name] = other.block

    def noise(self, seed: int) -> Change:
        """A change that adds Gaussian noise, scaled so that each block's RMS is just the level's.

        Args:
            seed: The same gives the same noise.
        """

        def change(tensor: Tensor, number: int, weights: Weights) -> Weights:
            if tensor.name not in self.blocks:
                return weights
            size = self.sizes[tensor.name]
            chance = np.random.default_rng([seed, zlib.crc32(tensor.name.encode()), number])
            drawn = chance.standard_normal(weights.size, dtype=np.float32).reshape(-1, size)
            first = number * PIECE // size
            wanted = self.blocks[tensor.name][first : first + len(drawn)]
            drawn *= (wanted / np.sqrt(np.square(drawn).mean(axis=1)))[:, None]
            return weights + drawn.reshape(-1)

        return change


def rms(errors: Weights, block: int) -> npt.NDArray[np.float32]:
    """The root mean square of each block of errors, shape (errors / block,)."""
    found: npt.NDArray[np.float32] = np.sqrt(np.square(errors.reshape(-1, block)).mean(axis=1))
    return found


def dequantized(level: WeightsFile) -> Change:
    """A change to a level's own weights: its error without its arithmetic, as the control has none either."""
    return lambda tensor, number, _: level.piece(level.tensors[tensor.name], number)


def write(base: WeightsFile, change: Change, path: Path) -> None:
    """Write a model with other weights.

    Args:
        base: An F32 file; what it keeps otherwise is left as it is.
        change: What is to stand in its place.
        path: The new file, a GGUF as the base is.
    """
    shutil.copyfile(base.path, path)
    for tensor in base.tensors.values():
        if tensor.type is not GGMLQuantizationType.F32:
            continue
        target = np.memmap(path, np.float32, "r+", tensor.offset, (tensor.count,))
        for number, weights in enumerate(base.pieces(tensor)):
            changed = change(tensor, number, weights)
            if changed is not weights:
                target[number * PIECE : number * PIECE + weights.size] = changed


@contextmanager
def lent(base: WeightsFile, change: Change) -> Iterator[Path]:
    """A model with other weights, beside the base for as long as it is used.

    Args:
        base: An F32 file.
        change: What is to stand in its place.

    Raises:
        ModelError: ``model-disk-full`` where there is no room for it.
    """
    folder = base.path.parent
    for left in folder.glob(f"{_PREFIX}*"):  # by a process that was killed over it
        if not psutil.pid_exists(int(left.name.split("-")[1])):
            shutil.rmtree(left, ignore_errors=True)
    needed, free = base.path.stat().st_size + SPARE_BYTES, shutil.disk_usage(folder).free
    if needed > free:
        raise disk_full(folder, needed, free)
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=folder) as made:
        path = Path(made) / base.path.name
        write(base, change, path)
        yield path


class GaussianControls:
    """Controls for :class:`models.noise.instrument.Instrument`.

    Args:
        ladder: The model's levels.
    """

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._known: tuple[Path, Strength] | None = None

    @contextmanager
    def lent(self, reference: Rung, level: Rung, seed: int) -> Iterator[Path]:
        """The reference, disturbed as strongly as a level is.

        Args:
            reference: Level that the others are measured against; its weights as F32 are disturbed.
            level: Whose strength it takes.
            seed: Of the noise.

        Raises:
            ModelError: ``model-disk-full``, and the ladder's own.
        """
        base = WeightsFile(reference.path if reference.level == BASE else self._ladder.rung(BASE).path)
        if self._known is None or self._known[0] != level.path:
            self._known = level.path, Strength(base, WeightsFile(level.path))
        with lent(base, self._known[1].noise(seed)) as path:
            yield path
