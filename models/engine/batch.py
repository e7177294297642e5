"""What goes into the next batch: a token of everybody who writes, guesses after it, some of the prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.engine.context import BATCH, CHUNK
from models.engine.drafts import depths
from models.engine.request import Request
from models.engine.request import Sequence as Tokens


class Part(NamedTuple):
    """Rows of a batch: first tokens of a sequence's feed, guesses after it, and which logits are wanted."""

    request: Request
    sequence: Tokens
    tokens: list[int]
    guessed: int
    outputs: list[int]


def compose(requests: Sequence[Request], outputs: int, costs: Mapping[int, float]) -> list[Part]:
    """Lay out a batch.

    Args:
        requests: Those who may go on, all with the same adapter.
        outputs: How many rows may have logits.
        costs: Seconds that a batch takes, by rows.

    Returns:
        Its parts: first those of sequences that write, so that nobody's reply waits for another's prompt.
    """
    hungry = [
        (request, sequence)
        for request in requests
        for sequence in request.sequences
        if sequence.feed and not sequence.done
    ]
    writing = [pair for pair in hungry if len(pair[1].feed) == 1]
    reading = [pair for pair in hungry if len(pair[1].feed) > 1]
    parts = [Part(*pair, list(pair[1].feed), 0, [0]) for pair in writing]
    if not reading:
        return _with_guesses(parts, costs)
    rows, outputs = BATCH - len(parts), outputs - len(parts)
    prompts = CHUNK if writing else BATCH
    for request, sequence in reading:
        size = min(len(sequence.feed), rows, prompts)
        wanted = [index for index in range(size) if request.wants(sequence, index)]
        if len(wanted) > outputs:
            size, wanted = wanted[outputs], wanted[:outputs]
        if size:
            rows, outputs, prompts = rows - size, outputs - len(wanted), prompts - size
            parts.append(Part(request, sequence, sequence.feed[:size], 0, wanted))
    return parts


def _with_guesses(parts: list[Part], costs: Mapping[int, float]) -> list[Part]:
    """The same parts with as many guesses as make a token the quickest."""
    guesses = [len(part.sequence.guesses) for part in parts]
    found = depths(guesses, [part.request.hope for part in parts], costs)
    drafted: list[Part] = []
    for part, depth in zip(parts, found, strict=True):
        rows = (part.tokens + part.sequence.guesses[:depth] + part.tokens * depth)[: 1 + depth]
        drafted.append(part._replace(tokens=rows, guessed=depth, outputs=list(range(len(rows)))))
    return drafted
