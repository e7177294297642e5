"""All readings of one run of letters and digits, and the best of them.

A node is a word from one place of the run to another. The best path is found by dynamic programming over
nodes, so that pairs of words count (Viterbi 1967, in its semi-Markov form), and the next best ones by A* from
the end, whose heuristic, the forward scores, is exact (Soong and Huang, "A Tree-Trellis Based Fast Search",
1991).
"""

from __future__ import annotations

import heapq
import itertools
import math
import operator
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scene import evidence
from scene.evidence import OWN_SCORE, Evidence
from scene.facts import LONGEST, PAIR_SHIFT, PMI_LEAST, PMI_STEP
from scene.lexis import Lexis

_UNKNOWN, _OWN = -1, -2  # stand in for the id of a word that the lexis doesn't have
_BEAM = 10.0  # a path this far behind another to the same place has never won
_LONG_RUN = 256  # longer runs are no scenes: they are read roughly, in bounded time …
_LONG_RUN_KNOWN, _LONG_RUN_UNKNOWN = 14, 8  # … with words of so many letters at most
_STEPS = 3_000  # of the search for further readings, which could go on for ever among equals

Cuts = tuple[int, ...]


class _Node(NamedTuple):
    """A word in the run, with the best way to it.

    Attributes:
        score: Of the best path that ends with this word.
        number: The word's id in the lexis, or a negative stand-in.
        begin: Where the word begins.
        share: What the word and the border before it add to the score.
        before: The word before it on the best path.
    """

    score: float
    number: int
    begin: int
    share: float
    before: _Node | None


_score = operator.attrgetter("score")


class Lattice:
    """The readings of one run.

    Args:
        lexis: The language to read it in.
        text: The run as the lexis spells it, a character a character.
        shape: A letter a character: ``l`` lower case, ``U`` upper case, ``d`` digit.
        own: A person's own words, spelled like ``text``.
    """

    def __init__(self, lexis: Lexis, text: str, shape: str, own: frozenset[str] = frozenset()) -> None:
        self._lexis = lexis
        self._text = text
        self._size = len(text)
        self._shape = shape
        self._flat = shape == "l" * len(shape)
        self._camel = "lU" in shape
        self._known = self._find(own)

    def best(self) -> tuple[float, Cuts]:
        """The best reading: its score, and where each of its words ends."""
        if self._size > _LONG_RUN:
            return self._rough()
        node: _Node | None = max(self._forward(every=False)[-1], key=_score)
        assert node is not None
        score, end, ends = node.score, self._size, list[int]()
        while node is not None:
            ends.append(end)
            end, node = node.begin, node.before
        return score, tuple(reversed(ends))

    def ranked(self) -> Iterator[tuple[float, Cuts]]:
        """Readings, the best first: their scores, and where their words end."""
        if self._size > _LONG_RUN:
            yield self.best()
            return
        arrivals = self._forward(every=True)
        order = itertools.count()  # ties go by age, so that nodes are never compared
        queue: list[tuple[float, int, _Node, float, Cuts]] = [
            (-node.score, next(order), node, 0.0, (self._size,)) for node in arrivals[-1]
        ]
        heapq.heapify(queue)
        for _ in range(_STEPS):
            if not queue:
                return
            minus, _, node, tail, ends = heapq.heappop(queue)
            if not node.begin:
                yield -minus, ends
                continue
            tail += node.share
            for before in arrivals[node.begin]:
                after = tail + self._pair(before, node.number, ends[0])
                step = (-before.score - after, next(order), before, after, (node.begin, *ends))
                heapq.heappush(queue, step)

    def evidence(self, ends: Cuts) -> Evidence:
        """What speaks for and against a reading; nothing for a run that is too long for reasons.

        Args:
            ends: Where its words end.
        """
        total: Evidence = {}
        if self._size > _LONG_RUN:
            return total
        before: _Node | None = None
        begin = 0
        for end in ends:
            number = self._known[begin].get(end, _UNKNOWN)
            found = self._word_evidence(begin, end, number)
            if before is not None:
                found.append(evidence.of_border(self._around(begin), self._camel, self._size))
                found += self._pair_evidence(before, number, end)
            for name, value in itertools.chain.from_iterable(part.items() for part in found):
                total[name] = total.get(name, 0.0) + value
            before, begin = _Node(0.0, number, begin, 0.0, None), end
        return total

    def _find(self, own: frozenset[str]) -> list[dict[int, int]]:
        """Known words by where they begin: where each ends, and its id."""
        text, trie = self._text, self._lexis.trie
        longest = LONGEST if self._size <= _LONG_RUN else _LONG_RUN_KNOWN
        found = [
            {
                begin + len(word): number
                for word, number in trie.iter_prefixes_with_ids(text[begin : begin + longest])
            }
            for begin in range(self._size)
        ]
        if "dd" in self._shape:  # a number is not taken apart
            inside = {at for at in range(1, self._size) if self._shape[at - 1 : at + 1] == "dd"}
            found = [
                {} if begin in inside else {end: number for end, number in ends.items() if end not in inside}
                for begin, ends in enumerate(found)
            ]
        found.append({})  # nothing begins at the end
        for word in own:
            at = text.find(word)
            while at >= 0 and word:
                found[at][at + len(word)] = _OWN
                at = text.find(word, at + 1)
        return found

    def _forward(self, every: bool) -> list[list[_Node]]:
        """Nodes by where they end, each with its best way from the start.

        Args:
            every: Keep every unknown word, not only the best one to each place.
        """
        lexis, shape, size, flat, known = self._lexis, self._shape, self._size, self._flat, self._known
        scores, fused, pairs, pair_score = lexis.score, lexis.fused, lexis.pairs, lexis.pair_score
        traits, grammar, neighbours = lexis.traits, lexis.grammar, lexis.neighbours
        opening, closing = self._letters()
        lengths = lexis.unknown(size)
        arrivals: list[list[_Node]] = [[] for _ in range(size + 1)]
        base = [-math.inf] * (size + 1)  # the best score to a place, with the border there
        entry = [-math.inf] * (size + 1)  # the same, for an unknown word to go on from
        top: list[_Node | None] = [None] * (size + 1)
        base[0], entry[0] = 0.0, opening[0]
        for at in range(size + 1):
            here = arrivals[at]
            if at and not (at < size and shape[at - 1] == "d" == shape[at]):
                taken = {node.begin for node in here}
                if flat:
                    close = closing[at]
                    words = [
                        (entry[begin] + lengths[at - begin] + close, begin)
                        for begin in range(max(0, at - LONGEST), at - 1)
                        if begin not in taken
                    ]
                    if at - 1 not in taken:
                        words.append((base[at - 1] + lengths[1], at - 1))
                else:
                    words = [
                        (base[begin] + self._unknown(begin, at, opening, closing, lengths), begin)
                        for begin in self._begins(at)
                        if begin not in taken and base[begin] > -math.inf
                    ]
                if words and not every:
                    words = [max(words)]
                for score, begin in words:
                    came = top[begin]
                    here.append(_Node(score, _UNKNOWN, begin, score - (came.score if came else 0.0), came))
                best = max(here, key=_score)
                border = self._border(at) if at < size else 0.0
                top[at], base[at] = best, best.score + border
                entry[at] = base[at] + opening[at]
                if not every:
                    floor = best.score - _BEAM
                    here = [node for node in here if node.score > floor]
            elif at:
                continue
            else:
                border = 0.0
            for end, number in known[at].items():
                share = border + self._known_score(at, end, number, scores)
                came = top[at]
                if came is None or number < 0:
                    arrivals[end].append(
                        _Node((came.score if came else 0.0) + share, number, at, share, came)
                    )
                    continue
                most = -math.inf
                for node in here:
                    score = node.score
                    left = node.number
                    if left >= 0:
                        steps = pairs.get((left << PAIR_SHIFT) + number)
                        if steps is not None:
                            score += pair_score[steps]
                        whole = known[node.begin].get(end, _UNKNOWN)
                        if whole >= 0:
                            score += fused[whole]
                        if grammar:
                            score += neighbours(traits[left], traits[number])
                    if score > most:
                        most, came = score, node
                arrivals[end].append(_Node(most + share, number, at, share, came))
        return arrivals

    def _begins(self, end: int) -> Iterable[int]:
        """Where an unknown word may begin that ends at a place: a number is as long as it is."""
        first = end - 1
        while first and self._shape[first] == "d" == self._shape[first - 1]:
            first -= 1
        return range(min(first, max(0, end - LONGEST)), end)

    def _rough(self) -> tuple[float, Cuts]:
        """The best reading by words and borders alone: no pairs, no grammar, no capitals inside words."""
        size, shape, scores = self._size, self._shape, self._lexis.score
        opening, closing = self._letters()
        lengths = self._lexis.unknown(size)
        best = [0.0] + [-math.inf] * size
        start = [0] * (size + 1)
        for at in range(size):
            if at and shape[at - 1] == "d" == shape[at]:
                continue
            before = best[at] + (self._border(at) if at else 0.0)
            for end, number in self._known[at].items():
                score = before + (scores[number] if number >= 0 else OWN_SCORE)
                if score > best[end]:
                    best[end], start[end] = score, at
            if shape[at] == "d":
                end = at + 1
                while end < size and shape[end] == "d":
                    end += 1
                if before > best[end]:
                    best[end], start[end] = before, at
                continue
            for letters in range(1, min(_LONG_RUN_UNKNOWN, size - at) + 1):
                end = at + letters
                score = before + lengths[letters] + opening[at] + closing[end]
                if score > best[end]:
                    best[end], start[end] = score, at
        ends: list[int] = []
        end = size
        while end:
            ends.append(end)
            end = start[end]
        return best[size], tuple(reversed(ends))

    def _letters(self) -> tuple[list[float], list[float]]:
        """The letter model, so that a word's score is ``opening[begin] + closing[end]``."""
        lexis, size = self._lexis, self._size
        codes, width, table = lexis.codes(self._text), lexis.size, lexis.letters
        start = codes[0]
        end = codes[-1]
        runs = [0.0, 0.0, 0.0]  # of all letters up to a place but the first two
        for first, second, third in zip(codes[2:], codes[3:], codes[4:-1], strict=False):
            runs.append(runs[-1] + table[(first * width + second) * width + third])
        runs += [runs[-1]] * (size + 2 - len(runs))
        opening = [
            table[(start * width + start) * width + code]
            + table[(start * width + code) * width + after]
            - run
            for code, after, run in zip(codes[2:], codes[3:], runs[2:], strict=False)
        ]
        opening.append(0.0)  # nothing begins at the end
        closing = [
            run + table[(first * width + second) * width + end]
            for first, second, run in zip(codes, codes[1:], runs[: size + 1], strict=False)
        ]
        return opening, closing

    def _unknown(
        self, begin: int, end: int, opening: list[float], closing: list[float], lengths: list[float]
    ) -> float:
        part = self._shape[begin:end]
        score = self._lexis.shape(part, False, *self._cut(begin, end))
        if "d" in part:
            return score
        score += lengths[end - begin]
        return score + opening[begin] + closing[end] if end - begin > 1 else score

    def _known_score(self, begin: int, end: int, number: int, scores: array[float]) -> float:
        if number < 0:
            return OWN_SCORE
        score = scores[number]
        lexis, size = self._lexis, self._size
        if end - begin == size:
            score += lexis.weigh(lexis.whole(number))
        if lexis.grammar:
            if not begin:
                score += lexis.neighbours(0, lexis.traits[number])
            if end == size:
                score += lexis.neighbours(lexis.traits[number], 0)
        if self._flat:
            return score
        return score + self._lexis.shape(self._shape[begin:end], True, *self._cut(begin, end))

    def _cut(self, begin: int, end: int) -> tuple[bool, bool]:
        """Whether a word leaves no capitals before or after it, and whether it is the whole run."""
        shape = self._shape
        uncut = shape[begin - 1 : begin] != "U" and shape[end : end + 1] != "U"
        return uncut, end - begin == self._size

    def _around(self, at: int) -> str:
        shape = f" {self._shape} "
        return shape[at - 1 : at + 3]

    def _border(self, at: int) -> float:
        return self._lexis.border(self._around(at), self._camel, self._size)

    def _pair(self, left: _Node, number: int, end: int) -> float:
        """The score of two neighbours, as the forward pass counts it."""
        lexis = self._lexis
        if left.number < 0 or number < 0:
            return 0.0
        steps = lexis.pairs.get((left.number << PAIR_SHIFT) + number)
        score = lexis.pair_score[steps] if steps is not None else 0.0
        whole = self._known[left.begin].get(end, _UNKNOWN)
        if whole >= 0:
            score += lexis.fused[whole]
        if lexis.grammar:
            score += lexis.neighbours(lexis.traits[left.number], lexis.traits[number])
        return score

    def _pair_evidence(self, left: _Node, number: int, end: int) -> list[Evidence]:
        lexis = self._lexis
        if left.number < 0 or number < 0:
            return []
        found: list[Evidence] = []
        steps = lexis.pairs.get((left.number << PAIR_SHIFT) + number)
        if steps is not None:
            found.append(evidence.of_bigram(PMI_LEAST + steps * PMI_STEP))
        whole = self._known[left.begin].get(end, _UNKNOWN)
        if whole >= 0:
            found.append(lexis.fusion(whole))
        if lexis.grammar:
            found.append(evidence.of_neighbours(lexis.traits[left.number], lexis.traits[number]))
        return found

    def _word_evidence(self, begin: int, end: int, number: int) -> list[Evidence]:
        lexis, part, size = self._lexis, self._shape[begin:end], self._size
        found = [evidence.of_shape(part, number != _UNKNOWN, *self._cut(begin, end))]
        if number >= 0:
            found.append(lexis.word(number))
            if end - begin == size:
                found.append(lexis.whole(number))
            if lexis.grammar and not begin:
                found.append(evidence.of_neighbours(0, lexis.traits[number]))
            if lexis.grammar and end == size:
                found.append(evidence.of_neighbours(lexis.traits[number], 0))
        elif number == _OWN:
            found.append({"own": 1.0})
        elif "d" not in part:
            found.append(evidence.of_unknown(end - begin, end - begin == size, size))
            if end - begin > 1:
                found.append({"letter-model": lexis.letter_model(self._text[begin:end])})
        return found
