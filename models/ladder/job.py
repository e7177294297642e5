"""What the two processes of a build tell one another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """What to build.

    Attributes:
        source: The GGUF file to build from.
        target: The file to write.
        level: Name of the level.
        ftype: Its number.
        importance: The importance matrix to build it by, measured if there is no such file; empty to build
            without one.
    """

    source: str
    target: str
    level: str
    ftype: int
    importance: str


@dataclass(frozen=True, slots=True)
class Built:
    """What was built.

    Attributes:
        sha256: Hash of the file in hex.
        bits_per_weight: Bits of its tensors by number of weights.
    """

    sha256: str
    bits_per_weight: float
