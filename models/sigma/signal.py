"""The signal: places of a text where precision changes the choice, and the words that this would lead to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import regex

from models.ladder import Ladder
from models.llama import Llama
from models.noise.results import Floats
from models.partial import Progress
from models.sigma.features import features
from models.sigma.results import Heard
from models.structure.logit_errors import STRENGTH, ReferenceLogits
from models.structure.passages import Passage
from models.structure.reading import Listener
from models.structure.survey import reading

_KLD = STRENGTH.index("log_kld")
_READ_ON = 5  # tokens after which a word has ended, nearly always
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*(?:[-'’]\p{L}[\p{L}\p{M}]*)*")


@dataclass(frozen=True, slots=True)
class Signal:
    """What levels make of one passage.

    Attributes:
        heard: Where they would choose otherwise, in order of place, then of level.
        words: What they heard and the text doesn't say, each once, in lower case; those of most levels first.
        tokens: How many the passage's text has.
        errors: By level, its error's features, as the oracle wants them.
    """

    heard: tuple[Heard, ...]
    words: tuple[str, ...]
    tokens: int
    errors: dict[str, Floats]


def listen(
    ladder: Ladder,
    lay_out: Callable[[Llama], Passage],
    levels: Sequence[str],
    threads: int,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> Signal:
    """Let the reference and levels read a passage; blocks.

    Args:
        ladder: The model's levels.
        lay_out: Makes the passage of what the model has for tokens.
        levels: Names.
        threads: CPU threads.
        progress: Told of levels done, as ``sigma LEVEL``; and of what the ladder builds.
        cancelled: Asked before each step.

    Raises:
        ModelError: ``noise-cancelled``, ``level-unknown``, and the ladder's and the model's own.
    """
    choices: list[_Choice] = []
    errors: dict[str, Floats] = {}
    reference = ladder.rung(ladder.reference, progress, cancelled)
    with Listener(reference.path, threads, cancelled) as listener:
        passage = lay_out(listener.llama)
        own = ReferenceLogits(listener.read(passage))
        for done, name in enumerate(levels):
            progress(done, len(levels), f"sigma {name}")
            with Listener(ladder.rung(name, progress, cancelled).path, threads, cancelled) as level:
                logits = level.read(passage)
                found = reading(own, logits, passage)
                errors[name] = features(found.figures, own.entropy)
                for place in np.flatnonzero(~found.same_top)[::-1].tolist():
                    token = int(logits[place].argmax())
                    word = _word(level, passage, place, token)
                    choices.append(_Choice(name, place, token, word, float(found.figures[place, _KLD])))
            if name != reference.level:
                ladder.release(name)
        progress(len(levels), len(levels), f"sigma {reference.level}")
        tops: dict[int, int] = {
            place: int(own.top[place]) for place in sorted({each.place for each in choices}, reverse=True)
        }
        said = {place: _word(listener, passage, place, top) for place, top in tops.items()}
        rank = {name: number for number, name in enumerate(levels)}
        heard = tuple(
            Heard(
                level=each.level,
                position=each.place,
                token=_shown(listener.llama, each.token),
                reference_token=_shown(listener.llama, tops[each.place]),
                word=each.word,
                reference_word=said[each.place],
                kld=math.exp(each.log_kld),
                margin=float(own.p[each.place, tops[each.place]] - own.p[each.place, each.token]),
            )
            for each in sorted(choices, key=lambda each: (each.place, rank[each.level]))
        )
        text = b"".join(listener.llama.piece(token) for token in passage.text).decode("utf-8", "ignore")
    return Signal(heard, _words(heard, text), len(passage.text), errors)


@dataclass(frozen=True, slots=True)
class _Choice:
    level: str
    place: int
    token: int
    word: str
    log_kld: float


def _word(listener: Listener, passage: Passage, place: int, token: int) -> str:
    """The word that a token at a place becomes part of; call it from the last place to the first."""
    llama = listener.llama
    before = b"".join(llama.piece(each) for each in passage.text[:place])
    after = b"".join(llama.piece(each) for each in listener.read_on(passage, place, token, _READ_ON))
    return word_at(before, llama.piece(token), after)


def word_at(before: bytes, token: bytes, after: bytes) -> str:
    """The word that a token is part of.

    Args:
        before: The text before it, UTF-8.
        token: Its own bytes, which may begin or end within a character.
        after: What follows.

    Returns:
        The first word that has a letter of the token; empty where the token has none.
    """
    begin = len(before.decode("utf-8", "ignore"))
    # A character that only the next tokens complete is this token's all the same, and counts as one.
    end = max(len((before + token).decode("utf-8", "replace")), begin + 1)
    text = (before + token + after).decode("utf-8", "ignore")
    return next((word[0] for word in _WORD.finditer(text) if word.end() > begin and word.start() < end), "")


def _words(found: Sequence[Heard], text: str) -> tuple[str, ...]:
    said = {word.lower() for word in _WORD.findall(text)}
    levels = Counter(word for word, _ in dict.fromkeys((each.word.lower(), each.level) for each in found))
    heard = dict.fromkeys(each.word.lower() for each in found)
    return tuple(
        sorted((word for word in heard if word and word not in said), key=lambda word: -levels[word])
    )


def _shown(llama: Llama, token: int) -> str:
    return llama.piece(token).decode("utf-8", "replace")
