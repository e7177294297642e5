"""The language of formulas: which strings of words, signs and arrows are one, and a grammar that holds to it.

::

    formula   = statement (";" statement)*
    statement = sum (relation sum)+
    sum       = product (adding product)*
    product   = power (multiplying power)*
    power     = prefix* term postfix*
    term      = name | number | "(" statement-or-sum ")" | "|" sum "|" | "∞" | "∅"

A name is one to three words; ``∫`` and ``d`` may be closed by a differential (``∫ море dt``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import regex

_RELATIONS = "→⇒↔⇔↦=≈≠≡<>≤≥∝∈⊂"
_ADDING = "+−-±∪⊕"
_MULTIPLYING = "×·*/÷∘⊗∩"
_PREFIXES = "ΔΣ∂∇∑∏∫√¬−-"
_CONSTANTS = "∞∅"
_POSTFIXES = "²³!′"
_MOST_WORDS = 3  # in a name: "память воды" is one thing

_TOKEN = regex.compile(
    r"\s*(?:(?P<number>\d+(?:[.,]\d+)?)|(?P<differential>d[txs]\b)|(?P<limit>lim\b)"
    r"|(?P<word>(?![ΔΣ])\p{L}[\p{L}\p{M}]*(?:[-’'][\p{L}\p{M}]+)*)|(?P<sign>->|=>|\S))"
)
_ARROWS = {"->": "→", "=>": "⇒"}


def parses(text: str) -> bool:
    """Whether a text is a formula: at least one statement, nothing left over."""
    found = [(token.lastgroup or "", token.group().strip()) for token in _TOKEN.finditer(text.strip())]
    return _Parser([(kind, _ARROWS.get(sign, sign)) for kind, sign in found]).formula()


def names_in(text: str) -> list[str]:
    """The words of a formula that are no signs of its language, in lower case."""
    return [found.group().strip().lower() for found in _TOKEN.finditer(text) if found.lastgroup == "word"]


def grammar(names: Sequence[str]) -> str:
    """GBNF of formulas over given names.

    Args:
        names: What may stand in it, lower case words of one language.
    """

    def either(signs: str) -> str:
        return " | ".join(f'"{sign}"' for sign in signs)

    return "\n".join(
        [
            # Small models love to go on: a number ends a statement, and a formula has three at most.
            'root ::= statement ("; " (statement | bound)){0,2}',
            'statement ::= sum (" " relation " " sum){1,2}',
            'bound ::= power " " relation " " ("0" | "1" | "∞")',
            'sum ::= product (" " adding " " product)?',
            'product ::= power (" " multiplying " " power)?',
            "power ::= prefix? term postfix?",
            'term ::= name | "(" sum ")" | "|" sum "|"',
            "name ::= " + " | ".join(f'"{name}"' for name in names),
            f"relation ::= {either('→⇒↔=≈≠<>∝')}",
            f"adding ::= {either('+−')}",
            f"multiplying ::= {either('×·/∘')}",
            'prefix ::= "lim " | "Δ " | "∑ " | "√" | "∂ "',
            f"postfix ::= {either(_POSTFIXES)}",
            "",
        ]
    )


class _Parser:
    """Recursive descent over tokens; each method says whether it took what its rule asks."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def formula(self) -> bool:
        while self._statement(relations=1):
            if self._at == len(self._tokens):
                return True
            if not self._take(";"):
                return False
        return False

    def _statement(self, relations: int) -> bool:
        if not self._sum():
            return False
        found = 0
        while self._take(_RELATIONS):
            found += 1
            if not self._sum():
                return False
        return found >= relations

    def _sum(self) -> bool:
        return self._joined(self._product, _ADDING)

    def _product(self) -> bool:
        return self._joined(self._power, _MULTIPLYING)

    def _joined(self, part: Callable[[], bool], signs: str) -> bool:
        if not part():
            return False
        while self._take(signs):
            if not part():
                return False
        return True

    def _power(self) -> bool:
        while self._take(_PREFIXES) or self._take_kind("limit"):
            pass
        if not self._term():
            return False
        while self._take(_POSTFIXES) or self._take_kind("differential"):
            pass
        return not self._take("^") or self._power()

    def _term(self) -> bool:
        if self._take_kind("number") or self._take(_CONSTANTS):
            return True
        if self._take("("):
            return self._statement(relations=0) and self._take(")")
        if self._take("|"):
            return self._sum() and self._take("|")
        count = 0
        while count < _MOST_WORDS and self._take_kind("word"):
            count += 1
        # f(x): a name applied to something.
        return count > 0 and (not self._take("(") or (self._statement(relations=0) and self._take(")")))

    def _take(self, signs: str) -> bool:
        kind, text = self._next()
        return self._step(kind == "sign" and text in signs)

    def _take_kind(self, wanted: str) -> bool:
        return self._step(self._next()[0] == wanted)

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _step(self, matched: bool) -> bool:
        self._at += matched
        return matched
