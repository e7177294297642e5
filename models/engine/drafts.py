"""Guessing the next tokens, so that one batch may decide several: speculation without a second model.

A text often goes on as the prompt or one of its siblings did: a Russian word has several tokens, and the
scene names it. What followed the same tokens before is laid into the batch as well, in rows that cost next to
nothing, because kernels work on tiles: on one CPU, a batch of 16 rows takes 12 % longer than one of 8, and
one of 7 takes longer than both. Each row's logits are sampled as ever, and a guess counts only if it is the
very token that was drawn, so that texts are those of ordinary decoding (Leviathan, Kalman and Matias, "Fast
Inference from Transformers via Speculative Decoding", 2023; the lookup is Saxena's "Prompt Lookup Decoding").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LONGEST = 3  # tokens of context that a guess is looked up by
_DEEPEST = 4  # guesses in a row
MOST_GUESSES = 32  # rows of a batch; there are no costs of larger ones
_AHEAD = 0.6  # worth of a token that one sequence gets ahead of others: a reply waits for its slowest
_PRIOR, _PRIOR_WEIGHT = 0.35, 16  # how often guesses are right, before and with so many tries of this request


class Drafts:
    """Guesses for the sequences of one request, learnt from its own tokens alone: what others write must not
    change what somebody's seed gives.

    Args:
        prompt: The tokens that the request begins with.
    """

    def __init__(self, prompt: Sequence[int]) -> None:
        self.tried = self.right = 0
        self._after: dict[tuple[int, ...], int] = {}
        for at in range(1, len(prompt)):
            self.learn(prompt[max(0, at - LONGEST) : at], prompt[at])

    @property
    def hope(self) -> float:
        """How likely a guess is right."""
        return (self.right + _PRIOR * _PRIOR_WEIGHT) / (self.tried + _PRIOR_WEIGHT)

    def learn(self, context: Sequence[int], token: int) -> None:
        """Remember what followed some tokens."""
        for size in range(1, min(LONGEST, len(context)) + 1):
            self._after[tuple(context[-size:])] = token

    def guess(self, context: Sequence[int]) -> list[int]:
        """What may come next, as far as it can be told.

        Args:
            context: The last tokens.
        """
        known, found = list(context[-LONGEST:]), list[int]()
        while len(found) < _DEEPEST:
            sizes = range(min(LONGEST, len(known)), 0, -1)
            token = next((self._after[key] for n in sizes if (key := tuple(known[-n:])) in self._after), None)
            if token is None:
                break
            found.append(token)
            known.append(token)
        return found


def depths(guesses: Sequence[int], hopes: Sequence[float], costs: Mapping[int, float]) -> list[int]:
    """How many guesses to lay into a batch for each sequence, so that a token takes the least time.

    Args:
        guesses: For each sequence that writes, how many guesses it has.
        hopes: How likely each of its guesses is right.
        costs: Seconds that a batch takes, by rows.

    Returns:
        For each sequence the rows after its own token. There may be more than it has guesses: rows that only
        bring the batch to a size that is quicker than a smaller one.
    """
    count = len(guesses)
    larger = [rows for rows in sorted(costs) if rows > count]
    if not larger:
        return [0] * count
    # The best next row is always the likeliest one, and each is less likely than the one before it.
    gains = sorted(
        ((hope**depth, -depth, at) for at, hope in enumerate(hopes) for depth in range(1, guesses[at] + 1)),
        reverse=True,
    )
    best_rate, best_rows = count / _cost(count, costs), count
    for rows in larger:
        rate = (count + _AHEAD * sum(gain for gain, _, _ in gains[: rows - count])) / costs[rows]
        if rate > best_rate:
            best_rate, best_rows = rate, rows
    found = [0] * count
    for _, _, at in gains[: best_rows - count]:
        found[at] += 1
    found[0] += max(0, best_rows - count - len(gains))
    return found


def _cost(rows: int, costs: Mapping[int, float]) -> float:
    """Seconds of a batch, by the straight line between the measured sizes around it."""
    if rows in costs:
        return costs[rows]
    below = max((size for size in costs if size < rows), default=min(costs))
    above = min((size for size in costs if size > rows), default=max(costs))
    if below >= above:
        return costs[below]
    return costs[below] + (costs[above] - costs[below]) * (rows - below) / (above - below)
