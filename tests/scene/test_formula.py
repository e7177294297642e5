"""The language of formulas: what its grammar can write, its parser reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scene import formula

NAMES = st.sampled_from(["снег", "след волка", "ash", "x", "2", "∞"])
TERMS = st.recursive(
    st.builds("{}{}".format, NAMES, st.sampled_from(["", "²", "!"])),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+−×·/∘∪"), inner),
        st.builds("|{}|".format, inner),
        st.builds("{} {}".format, st.sampled_from(["lim", "Δ", "∑", "√"]), inner),
        st.builds("∫ {} dt".format, inner),
    ),
    max_leaves=6,
)
STATEMENTS = st.builds("{} {} {}".format, TERMS, st.sampled_from("→⇒=≈≠<≥∝"), TERMS)


@given(st.lists(STATEMENTS, min_size=1, max_size=3))
def test_well_formed_formulas_parse(statements: list[str]) -> None:
    assert formula.parses("; ".join(statements))


@given(STATEMENTS, st.sampled_from([" →", " (", ")", " = = 1", ";", " . конец"]))
def test_broken_ones_do_not(statement: str, broken: str) -> None:
    assert not formula.parses(statement + broken)


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(text: str) -> None:
    assert formula.parses(text) in (True, False)


def test_a_term_alone_is_no_formula() -> None:
    assert not formula.parses("снег × волк")
