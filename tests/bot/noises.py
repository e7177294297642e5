"""Measurements made by hand, for what only shows or keeps them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.noise.results import LevelNoise, Noise, PerToken, Summary

LEVELS = {
    "BF16": (16.0, 1e-6),
    "Q8_0": (8.5, 2e-5),
    "Q6_K": (6.6, 4e-4),
    "Q5_K_M": (5.7, 1.5e-3),
    "Q4_K_M": (4.9, 6e-3),
    "Q3_K_M": (3.9, 3e-2),
    "Q2_K": (3.2, 0.25),
}


def noise(pieces: Sequence[str], levels: Sequence[str] = tuple(LEVELS), seed: int = 7) -> Noise:
    """A measurement of a text of these tokens, with errors that grow as the bits get fewer."""
    drawn = np.random.default_rng(seed)
    count = len(pieces)
    entropy = drawn.gamma(1.2, 1.0, count)
    return Noise(
        model="smollm2-135m",
        source="Q4_K_M",
        reference="F32",
        seed=seed,
        text="".join(pieces),
        pieces=tuple(pieces),
        tokens=tuple(range(count)),
        entropy=entropy,
        logprob=-entropy,
        levels=tuple(_level(name, pieces, entropy, drawn) for name in levels),
        resonance=0.61,
        deterministic=True,
        control=(),
        seconds=12.5,
    )


def _level(name: str, pieces: Sequence[str], entropy: np.ndarray, drawn: np.random.Generator) -> LevelNoise:
    bits, mean = LEVELS[name]
    kld = drawn.lognormal(0, 1.3, len(pieces)) * (0.2 + entropy) * mean / 2
    same_top = kld < 0.2
    per_token = PerToken(
        kld=kld,
        dp=-np.sqrt(kld) / 4,
        logprob=-entropy - kld,
        rank=np.where(same_top, 0, 1).astype(np.int64),
        entropy=entropy,
        top=np.where(same_top, np.arange(len(pieces)), 0).astype(np.int64),
        same_top=same_top,
    )
    parted = None if bits > 6 else int(len(pieces) * bits / 12)
    at = None if parted is None else len("".join(pieces[:parted]))
    return LevelNoise(
        level=name,
        bytes=int(bits * 20_000_000),
        bits_per_weight=bits,
        summary=Summary.of(per_token),
        per_token=per_token,
        text="".join(pieces) if at is None else f"{''.join(pieces)[:at]} & <other> words of {name}",
        first_divergence=parted,
        divergence_at=at,
        resonance=0.61 - mean / 2,
        tokens_per_second=80.0,
        digest=f"{seed_of(name):064x}",
    )


def seed_of(name: str) -> int:
    """A number that stands for a level."""
    return sum(map(ord, name))
