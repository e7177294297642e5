"""One token out of the logits, by llama.cpp's own samplers.

What lowers or raises single logits (bias, penalties, DRY, grammar) goes apart from what draws (min-p,
temperature, the seeded distribution), so that only tokens that can survive min-p go through either: mostly a
few dozen of 262,144, which is many times faster and draws the same token.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import Any

import llama_cpp
import numpy as np

from models.backend import Sampling
from models.engine.context import Logits
from models.llama import Llama, last_reason
from scene.errors import ModelError

_MARGIN = 8.0  # nats that the best token may be lowered by before all tokens must be looked at
_LAST = 64  # tokens with letters that the repetition penalty looks back at
_DRY_LAST = 256
_DRY_BASE, _DRY_FREE = 1.75, 2  # llama.cpp's defaults: growth for each repeated token, and how many are free
_DRY_BREAKERS = ("\n", ":", '"', "*")
_SAFE = 60.0  # exponentials of logits up to here, and sums of them, are well inside of float32
_TOKEN_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Desk:
    """Arrays to work on, shared by all samplers of a worker.

    Args:
        vocab_size: Tokens of the vocabulary.
    """

    def __init__(self, vocab_size: int) -> None:
        self._powers = np.empty(vocab_size, dtype=np.float32)
        self._likely = np.empty(vocab_size, dtype=np.bool_)
        self.tokens = np.empty(vocab_size, dtype=_TOKEN_DATA)
        self.all = np.arange(vocab_size, dtype=np.int32)
        pointer = self.tokens.ctypes.data_as(llama_cpp.llama_token_data_p)
        self.array = llama_cpp.llama_token_data_array(data=pointer, size=0, selected=-1, sorted=False)
        self.reference = ctypes.byref(self.array)

    def log_total(self, logits: Logits, peak: float) -> float:
        """The logarithm of the sum of all exponentials.

        Args:
            logits: Shape (vocabulary,).
            peak: The greatest of them.
        """
        if abs(peak) < _SAFE:
            np.exp(logits, out=self._powers)
            return math.log(float(self._powers.sum()))
        np.subtract(logits, peak, out=self._powers)
        np.exp(self._powers, out=self._powers)
        return peak + math.log(float(self._powers.sum()))

    def likely(self, logits: Logits, floor: float) -> Any:
        """The tokens whose logit is not below a floor."""
        return np.greater_equal(logits, floor, out=self._likely).nonzero()[0]

    def lay_out(self, logits: Logits, ids: Any) -> None:
        """Make llama.cpp's token array of these tokens."""
        count = len(ids)
        tokens = self.tokens[:count]
        tokens["id"] = ids
        tokens["logit"] = logits[ids]
        self.array.size, self.array.selected, self.array.sorted = count, -1, False


class Sampler:
    """Chooses one sequence's tokens.

    Args:
        llama: The model.
        desk: The worker's arrays.
        sampling: How tokens are chosen.
        seed: For the draw; taken modulo 2**32.

    Raises:
        ModelError: ``model-grammar-failed`` for a grammar that llama.cpp can't read.
    """

    def __init__(self, llama: Llama, desk: Desk, sampling: Sampling, seed: int) -> None:
        self._llama = llama
        self._desk = desk
        self._cut = math.log(sampling.min_p) if sampling.min_p > 0 else -math.inf
        self._raised = np.array(
            sorted({token for text, nats in sampling.bias if nats > 0 for token in llama.tokenize(text)}),
            dtype=np.int32,
        )
        self._penalty: Any = None
        changes = self._made(sampling)
        if not all(changes):
            for change in filter(None, changes):
                llama_cpp.llama_sampler_free(change)
            raise ModelError("model-grammar-failed", reason=last_reason())
        self._changes = changes
        self._draw = _chain(
            [
                llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1),
                llama_cpp.llama_sampler_init_temp(sampling.temperature),
                llama_cpp.llama_sampler_init_dist(seed & 0xFFFFFFFF),
            ]
        )

    def close(self) -> None:
        """Free the samplers. Safe to call twice."""
        for link in (*self._changes, self._draw):
            if link is not None:
                llama_cpp.llama_sampler_free(link)
        self._changes, self._draw = [], None

    def choose(self, logits: Logits) -> tuple[int, float]:
        """Draw the next token.

        Args:
            logits: After the sequence's last token, shape (vocabulary,).

        Returns:
            The token, and its natural log-probability before anything changed the logits.

        Raises:
            ModelError: ``model-grammar-stuck`` when the grammar allows no token at all.
        """
        desk = self._desk
        peak = float(logits.max())
        if not math.isfinite(peak):
            raise ModelError("model-decode-failed", code=0, reason="logits are not finite")
        if not self._changes:
            desk.lay_out(logits, desk.likely(logits, peak + self._cut))
        else:
            self._shortlist(logits, peak)
        llama_cpp.llama_sampler_apply(self._draw, desk.reference)
        token = int(desk.tokens["id"][desk.array.selected])
        self._accept(token)
        return token, float(logits[token]) - desk.log_total(logits, peak)

    def back(self, said: Sequence[int]) -> None:
        """Go on after other tokens than those that were drawn; the next draws are others nevertheless."""
        for link in self._changes:
            llama_cpp.llama_sampler_reset(link)
        for token in said:
            self._accept(token)

    def _accept(self, token: int) -> None:
        for link in self._changes:
            # A poem's line breaks and commas are no repetition.
            if link is not self._penalty or _has_letter(self._llama.piece(token)):
                llama_cpp.llama_sampler_accept(link, token)

    def _shortlist(self, logits: Logits, peak: float) -> None:
        """Lay out tokens and change their logits, so that none is missing that could survive min-p.

        All that is left out is below ``floor``, and nothing but a bias raises a logit.
        """
        desk = self._desk
        floor = peak + self._cut - _MARGIN
        ids = desk.likely(logits, floor)
        for attempt in (np.union1d(ids, self._raised) if len(self._raised) else ids, desk.all):
            desk.lay_out(logits, attempt)
            for link in self._changes:
                llama_cpp.llama_sampler_apply(link, desk.reference)
            best = float(desk.tokens["logit"][: desk.array.size].max())
            if floor <= best + self._cut:
                return
        if best == -math.inf:
            # Drawing now would take a forbidden token, and llama.cpp ends the process at such a one.
            raise ModelError("model-grammar-stuck")

    def _made(self, sampling: Sampling) -> list[Any]:
        vocab = self._llama.vocab
        changes = []
        if sampling.bias:
            biased = [
                llama_cpp.llama_logit_bias(token=token, bias=nats)
                for text, nats in sampling.bias
                for token in self._llama.tokenize(text)
            ]
            array = (llama_cpp.llama_logit_bias * len(biased))(*biased)
            changes.append(
                llama_cpp.llama_sampler_init_logit_bias(self._llama.vocab_size, len(biased), array)
            )
        if sampling.repeat_penalty != 1.0:
            self._penalty = llama_cpp.llama_sampler_init_penalties(
                self._llama.vocab_size, _LAST, sampling.repeat_penalty, 0.0, 0.0
            )
            changes.append(self._penalty)
        if sampling.dry:
            breakers = (ctypes.c_char_p * len(_DRY_BREAKERS))(*(each.encode() for each in _DRY_BREAKERS))
            changes.append(
                llama_cpp.llama_sampler_init_dry(
                    vocab, sampling.dry, _DRY_BASE, _DRY_FREE, _DRY_LAST, breakers, len(_DRY_BREAKERS)
                )
            )
        if sampling.grammar is not None:
            changes.append(llama_cpp.llama_sampler_init_grammar(vocab, sampling.grammar.encode(), b"root"))
        return changes


def _has_letter(piece: bytes) -> bool:
    """Whether a token's bytes hold a letter or a part of one."""
    return any(character.isalpha() or character == "\ufffd" for character in piece.decode("utf-8", "replace"))


def _chain(links: list[Any]) -> Any:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for link in links:
        llama_cpp.llama_sampler_chain_add(chain, link)
    return chain
