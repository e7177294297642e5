"""What the bits of the logits depend on besides the weights and the text.

llama.cpp computes the same tokens in ways that differ by how a batch is cut and what else is in it. Sums of
floats depend on their order, and a level that rounds what runs through it makes much of a small difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np

from models.engine.context import Context, Hardware, Layout, Logits, Row
from models.engine.machine import cores
from models.ladder import Rung
from models.llama import Llama
from models.noise.alone import Cancelled, alone
from models.noise.distance import Distance
from scene.errors import ModelError

LONGEST = 256
"""Tokens of a text that can be looked at."""

_LOOKED_AT = 32  # tokens at the text's end whose logits are compared


@dataclass(frozen=True, slots=True)
class Dependence:
    """One way to compute the same tokens, beside the usual one.

    Attributes:
        what: What was changed: ``again`` (nothing), ``micro-batch``, ``batch`` (tokens given at once),
            ``position`` (place of the text's rows in the batch), ``company`` (other sequences in the batch),
            ``threads``, ``flash-attention``, ``unified``.
        value: To what.
        same: Whether all logits have the same bits.
        digest: Their SHA-256.
        rms: Root mean square of the differences between logits.
        mean_kld: Mean KLD of what is computed so from the usual, in nats.
        same_top: Share of tokens where both hold the same token likeliest.
    """

    what: str
    value: str
    same: bool
    digest: str
    rms: float
    mean_kld: float
    same_top: float


@dataclass(frozen=True, slots=True)
class _Way:
    """How the text is computed.

    Attributes:
        threads: CPU threads.
        flash: Whether with flash attention.
        layout: How the context cuts batches up, and keeps sequences.
        batch: Tokens of the text that are given at once.
        before: Rows of another sequence that stand before the text's in each batch.
        after: The same, behind them.
    """

    threads: int
    flash: bool = False
    layout: Layout = field(default_factory=lambda: Layout(outputs=_LOOKED_AT))
    batch: int = LONGEST
    before: int = 0
    after: int = 0


def dependence(
    rung: Rung,
    tokens: Sequence[int],
    cancelled: Cancelled = lambda: False,
    *,
    hardware: Hardware = Hardware(),  # noqa: B008 - frozen
) -> list[Dependence]:
    """Compute the same tokens in several ways; blocks.

    The usual way is a single batch of one sequence with an F32 cache and no flash attention. One thing is
    changed at a time.

    Args:
        rung: The level.
        tokens: A text, of which the last 32 tokens are looked at: 33 to ``LONGEST``.
        cancelled: Asked many times a second.
        hardware: What the model runs on; its attention and its type of cache are not heeded.

    Raises:
        ModelError: ``noise-cancelled``, and the model's own.
    """
    if not _LOOKED_AT < len(tokens) <= LONGEST:
        raise ValueError(f"{len(tokens)} tokens")

    def work(given_up: Cancelled) -> list[Dependence]:
        usual = _Way(hardware.threads or cores())
        with closing(Llama(rung.path, hardware.gpu_layers)) as llama:
            expected = _logits(llama, tokens, usual, given_up)
            return [
                _beside(what, value, expected, _logits(llama, tokens, way, given_up))
                for what, value, way in _ways(usual)
            ]

    return alone(work, cancelled)


def _ways(usual: _Way) -> Iterator[tuple[str, str, _Way]]:
    """The usual way once more, and with one thing changed."""
    yield "again", "", usual
    for size in (128, 32, 8, 1):
        yield "micro-batch", str(size), replace(usual, layout=replace(usual.layout, micro_batch=size))
    for size in (128, 32, 8, 1):
        yield "batch", str(size), replace(usual, batch=size)
    for rows in (1, 4):
        yield "position", str(rows), replace(usual, before=rows)
    for rows in (1, 4):
        yield "company", str(rows), replace(usual, after=rows)
    for threads in sorted({1, 2, usual.threads} - {usual.threads}):
        yield "threads", str(threads), replace(usual, threads=threads)
    yield "flash-attention", "on", replace(usual, flash=True)
    yield "unified", "off", replace(usual, layout=replace(usual.layout, unified=False))


def _logits(llama: Llama, tokens: Sequence[int], way: _Way, cancelled: Cancelled) -> Logits:
    """The logits after the text's last tokens, shape (tokens looked at, vocabulary)."""
    hardware = Hardware(way.threads, kv_type="f32", flash_attention=way.flash)
    others = (way.before + way.after) * -(-len(tokens) // way.batch)
    cells = 2 * max(len(tokens), others)  # where they aren't shared, half of them is a sequence's
    looked_at = len(tokens) - _LOOKED_AT
    found = np.empty((_LOOKED_AT, llama.vocab_size), dtype=np.float32)
    kept = company = 0
    with closing(Context(llama, cells, 2, way.threads, hardware, way.layout)) as context:
        context.heed(cancelled)
        for at in range(0, len(tokens), way.batch):
            piece = range(at, min(at + way.batch, len(tokens)))
            rows = [Row(tokens[i], i, 0, i >= looked_at) for i in piece]
            ours = sum(row.output for row in rows)
            guests = range(company, company + way.before + way.after)
            other = [Row(tokens[i % len(tokens)], i, 1, False) for i in guests]
            company += len(other)
            try:
                context.decode([*other[: way.before], *rows, *other[way.before :]])
            except ModelError:
                if cancelled():
                    raise ModelError("noise-cancelled") from None
                raise
            if ours:
                found[kept : kept + ours] = context.outputs(ours)
            kept += ours
    return found


def _beside(what: str, value: str, expected: Logits, found: Logits) -> Dependence:
    distance = Distance(expected.shape[1])
    figures = [distance.row(a, b, int(a.argmax())) for a, b in zip(expected, found, strict=True)]
    return Dependence(
        what=what,
        value=value,
        same=np.array_equal(expected.view(np.uint32), found.view(np.uint32)),
        digest=hashlib.sha256(found.data).hexdigest(),
        rms=float(np.sqrt(np.square(found - expected).mean(dtype=np.float64))),
        mean_kld=float(np.mean([each.kld for each in figures])),
        same_top=float(np.mean([each.same_top for each in figures])),
    )
