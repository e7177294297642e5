"""How a thought is told by the reference, and heard by a level."""

from __future__ import annotations

import codecs
import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain

import numpy as np

from models.backend import Adapter, Sampling
from models.engine.context import Logits
from models.llama import Llama
from models.noise.distance import Distance, gathered
from models.noise.reader import Hand, Reader
from models.noise.results import PerToken

Share = Callable[[float], None]
"""Told which share of the work is done."""

_READ = 0.5  # share of the time after which a level has read
_TIMED = 8  # tokens one after another that tell how fast a level is


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked.

    Attributes:
        prompt: Tokens that it reads, at least one.
        sampling: How it chooses tokens.
        seed: The writer's.
        adapters: Those that it reads and writes with.
    """

    prompt: tuple[int, ...]
    sampling: Sampling
    seed: int
    adapters: tuple[Adapter, ...] = ()

    @property
    def longest(self) -> int:
        """Tokens of the prompt and the longest answer."""
        return len(self.prompt) + self.sampling.max_tokens


@dataclass(frozen=True, slots=True)
class Told:
    """What the reference says.

    Attributes:
        tokens: Of the text, without the one that ends it; may be none.
        pieces: The same as text.
        text: Without a stop string and without space around it.
        logits: Those that predict each token, when the text is read, shape (tokens, vocabulary).
        own: How the reference reads its own text.
        deterministic: Whether it reads it to the same bits twice, after one reading of the prompt.
    """

    tokens: tuple[int, ...]
    pieces: tuple[str, ...]
    text: str
    logits: Logits
    own: PerToken
    deterministic: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What a level makes of it.

    Attributes:
        per_token: How it reads the reference's text.
        digest: SHA-256 of its logits over that text.
        tokens: What it writes itself.
        pieces: The same as text.
        text: The same without a stop string and without space around it.
        tokens_per_second: At which it reads one token after another.
    """

    per_token: PerToken
    digest: str
    tokens: tuple[int, ...]
    pieces: tuple[str, ...]
    text: str
    tokens_per_second: float


def tell(reader: Reader, asked: Asked, share: Share) -> Told | None:
    """Let the reference write, and read twice what it wrote.

    Returns:
        None where it writes nothing.
    """
    logits = reader.begin(asked.prompt)
    with closing(Hand(reader.llama, asked.sampling, asked.seed)) as hand:
        hand.choose(logits)
        _write(hand, reader, share)
        if not hand.tokens:
            return None
    tokens = tuple(hand.tokens)
    rows = np.empty((len(tokens), reader.llama.vocab_size), dtype=np.float32)
    digests = set()
    for _ in range(2):
        reader.back(len(asked.prompt))
        for place, row in enumerate(chain([logits], chain.from_iterable(reader.follow(tokens[:-1])))):
            rows[place] = row
        digests.add(hashlib.sha256(rows.data).digest())
    distance = Distance(reader.llama.vocab_size)
    own = gathered([distance.row(row, row, token) for row, token in zip(rows, tokens, strict=True)])
    return Told(tokens, _pieces(reader.llama, tokens), hand.text, rows, own, len(digests) == 1)


def read(reader: Reader, asked: Asked, told: Told) -> tuple[PerToken, str]:
    """Let a level read the reference's text.

    Returns:
        How far it is from the reference, and the SHA-256 of its logits.
    """
    return _read(reader, reader.begin(asked.prompt), told)


def hear(reader: Reader, asked: Asked, told: Told, share: Share) -> Heard:
    """Let a level read the reference's text, and write its own.

    As long as it would write what it reads, the logits of reading are those that it writes from (as in
    speculative decoding, https://arxiv.org/abs/2211.17192, with the reference's text for a draft): so the
    prompt is read once, tokens that both share are not computed twice, and a text parts exactly where the
    figures say.
    """
    with closing(Hand(reader.llama, asked.sampling, asked.seed)) as hand:
        per_token, digest = _read(reader, reader.begin(asked.prompt), told, hand)
        written, seconds = 0, 0.0
        if not hand.done:
            reader.back(len(asked.prompt) + len(hand.tokens) - 1)
            written, seconds = _write(hand, reader, share)
        if written < _TIMED:
            written, seconds = _timed(reader, asked, told)
        tokens = tuple(hand.tokens)
        return Heard(per_token, digest, tokens, _pieces(reader.llama, tokens), hand.text, written / seconds)


def parting(told: Told, heard: Heard) -> tuple[int | None, int | None]:
    """Where a level's own text leaves the reference's: the token, and its place in the text in characters."""
    if heard.tokens == told.tokens:
        return None, None
    pairs = zip(told.tokens, heard.tokens, strict=False)
    shortest = min(len(told.tokens), len(heard.tokens))
    token = next((place for place, (ours, theirs) in enumerate(pairs) if ours != theirs), shortest)
    whole = "".join(heard.pieces)
    led = len(whole) - len(whole.lstrip())
    place = sum(map(len, heard.pieces[:token])) - led
    return token, min(max(0, place), len(heard.text))


def _read(reader: Reader, first: Logits, told: Told, hand: Hand | None = None) -> tuple[PerToken, str]:
    """Read the reference's text after a prompt, after which come these logits.

    Args:
        hand: Writes the same text, up to the first token that it would have otherwise.
    """
    distance, figures, digest = Distance(reader.llama.vocab_size), [], hashlib.sha256()
    rows = chain([first], chain.from_iterable(reader.follow(told.tokens[:-1])))
    for place, (row, expected, token) in enumerate(zip(rows, told.logits, told.tokens, strict=True)):
        figures.append(distance.row(expected, row, token))
        digest.update(row.data)
        if hand is not None and not hand.done and tuple(hand.tokens) == told.tokens[:place]:
            hand.choose(row)
    return gathered(figures), digest.hexdigest()


def _write(hand: Hand, reader: Reader, share: Share) -> tuple[int, float]:
    """Go on with a text of which the reader lacks the last token: tokens read for it, and seconds."""
    count, started = 0, time.perf_counter()
    while not hand.done:
        share(_READ + (1 - _READ) * len(hand.tokens) / hand.most)
        hand.choose(reader.next(hand.tokens[-1]))
        count += 1
    return count, time.perf_counter() - started


def _timed(reader: Reader, asked: Asked, told: Told) -> tuple[int, float]:
    """Read the end of the reference's text one token after another: so many tokens, in so many seconds."""
    end = told.tokens[-_TIMED:]
    reader.back(len(asked.prompt) + len(told.tokens) - len(end))
    started = time.perf_counter()
    for token in end:
        reader.next(token)
    return len(end), time.perf_counter() - started


def _pieces(llama: Llama, tokens: Sequence[int]) -> tuple[str, ...]:
    """Tokens as text; a character that several make up is the last one's."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    return tuple(decoder.decode(llama.piece(token)) for token in tokens)
