"""What a measurement of noise gives: how far each level is from the reference, token by token and in sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.noise.interval import interval

_TINY = 1e-12  # nats; below is nothing but rounding

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PerToken:
    """How a level reads the reference's text, teacher-forced; every array has shape (tokens,).

    Attributes:
        kld: Kullback-Leibler divergence of the level's distribution from the reference's, in nats
            (Kullback & Leibler 1951), as ``llama-perplexity --kl-divergence`` computes it.
        dp: Probability of the reference's token under the level minus that under the reference.
        logprob: Natural log-probability of the reference's token under the level.
        rank: Rank of the reference's token in the level's distribution, 0 for the likeliest.
        entropy: Entropy of the level's distribution, in nats.
        top: The token that the level holds likeliest.
        same_top: Whether the reference holds the same one likeliest.
    """

    kld: Floats
    dp: Floats
    logprob: Floats
    rank: Ints
    entropy: Floats
    top: Ints
    same_top: Bools


@dataclass(frozen=True, slots=True)
class Summary:
    """A level's distance from the reference over a text.

    Attributes:
        mean_kld: Mean KLD of a token, in nats.
        median_kld: Median.
        p99_kld: 99th percentile.
        max_kld: Maximum.
        same_top: Share of tokens where both hold the same token likeliest, 0 to 1.
        rms_dp: Root mean square of Δp, 0 to 1.
        perplexity: Of the text under the level.
    """

    mean_kld: float
    median_kld: float
    p99_kld: float
    max_kld: float
    same_top: float
    rms_dp: float
    perplexity: float

    @classmethod
    def of(cls, tokens: PerToken) -> Summary:
        """Sum up tokens, of which there is at least one."""
        return cls(
            mean_kld=float(tokens.kld.mean()),
            median_kld=float(np.median(tokens.kld)),
            p99_kld=float(np.quantile(tokens.kld, 0.99)),
            max_kld=float(tokens.kld.max()),
            same_top=float(tokens.same_top.mean()),
            rms_dp=float(np.sqrt(np.square(tokens.dp).mean())),
            perplexity=float(np.exp(-tokens.logprob.mean())),
        )


@dataclass(frozen=True, slots=True)
class LevelNoise:
    """One level beside the reference.

    Attributes:
        level: Its name: llama.cpp's, or ``KV_Q8_0`` and the like for the reference's weights with another
            cache.
        bytes: Size of its file.
        bits_per_weight: Bits of the file's tensors by number of weights.
        summary: How it reads the reference's text.
        per_token: The same, token by token.
        text: What it writes itself from the same prompt, seed and sampler.
        first_divergence: The first token of its own text that differs from the reference's, from 0; None
            where it writes the same.
        divergence_at: Where that is in ``text``, in characters.
        resonance: How likely its text voices the scene, 0 to 1.
        tokens_per_second: At which it writes.
        digest: SHA-256 of its logits over the reference's text.
    """

    level: str
    bytes: int
    bits_per_weight: float
    summary: Summary
    per_token: PerToken
    text: str
    first_divergence: int | None
    divergence_at: int | None
    resonance: float
    tokens_per_second: float
    digest: str


@dataclass(frozen=True, slots=True)
class Control:
    """What Gaussian noise of the same strength as a level's does to the same text.

    Attributes:
        level: Whose strength it has.
        seeds: How many times it was drawn.
        mean_kld: Geometric mean over the seeds of the mean KLD.
        low: Lower end of its 95 % confidence interval: Student's t over the seeds' logarithms, since a KLD is
            a strength and never below 0.
        high: Upper end.
    """

    level: str
    seeds: int
    mean_kld: float
    low: float
    high: float

    @classmethod
    def of(cls, level: str, mean_klds: Sequence[float]) -> Control:
        """Sum up draws by the mean KLD of each, of which there are at least two."""
        logs = np.log(np.maximum(mean_klds, _TINY))
        low, high = np.exp(interval(logs.tolist()))
        return cls(level, len(mean_klds), float(np.exp(logs.mean())), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Noise:
    """The same thought at every level.

    Attributes:
        model: The model's catalog id.
        source: Level of the packaged file that all levels were made from.
        reference: Level that the others are measured against.
        seed: Of the sampler, the same at every level.
        text: What the reference writes.
        pieces: The text's tokens as text, in order; joined, they are what the model wrote.
        tokens: The same as numbers.
        entropy: The reference's entropy at each token, in nats, shape (tokens,).
        logprob: The reference's log-probability of each token, shape (tokens,).
        levels: In the order asked for.
        resonance: How likely the reference's text voices the scene, 0 to 1.
        deterministic: Whether the reference, run twice, gave the same bits.
        control: For the levels it was asked for.
        seconds: All of it took.
    """

    model: str
    source: str
    reference: str
    seed: int
    text: str
    pieces: tuple[str, ...]
    tokens: tuple[int, ...]
    entropy: Floats
    logprob: Floats
    levels: tuple[LevelNoise, ...]
    resonance: float
    deterministic: bool
    control: tuple[Control, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class CorpusLevel:
    """One level beside the reference, over a long text.

    Attributes:
        level: Its name.
        bytes: Size of its file.
        bits_per_weight: Bits of the file's tensors by number of weights.
        summary: How it reads the text.
        per_token: The same, for each token that is scored.
        tokens_per_second: At which it reads.
    """

    level: str
    bytes: int
    bits_per_weight: float
    summary: Summary
    per_token: PerToken
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class CorpusNoise:
    """A long text as every level reads it.

    Attributes:
        model: The model's catalog id.
        source: Level of the packaged file that all levels were made from.
        reference: Level that the others are measured against.
        context: Tokens of a window; what is in its second half is scored.
        windows: How many the text has.
        tokens: How many tokens are scored.
        perplexity: Of the text under the reference.
        levels: In the order asked for.
        deterministic: Whether the reference, having read the first window twice, gave the same bits.
        seconds: All of it took.
    """

    model: str
    source: str
    reference: str
    context: int
    windows: int
    tokens: int
    perplexity: float
    levels: tuple[CorpusLevel, ...]
    deterministic: bool
    seconds: float
