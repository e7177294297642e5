"""How vectors of atoms join into a signature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scene import signature, words
from scene.atoms import Lang
from scene.signature import Vector


@st.composite
def chains(draw: st.DrawFn, smallest: int = 1) -> Vector:
    """Unit vectors in no particular direction, as word vectors are."""
    count, width = draw(st.integers(smallest, 8)), draw(st.integers(16, 65))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = random.standard_normal((count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@settings(deadline=None)
@given(chains())
def test_a_signature_is_a_unit_vector_twice_as_wide(chain: Vector) -> None:
    composed = signature.compose(chain)
    assert composed.shape == (2 * chain.shape[1],)
    assert composed.dtype == np.float32
    assert np.linalg.norm(composed) == pytest.approx(1, abs=1e-5)
    assert signature.resonance(composed, composed) == pytest.approx(1, abs=1e-5)


@settings(deadline=None)
@given(chains(), st.integers(1, 15))
def test_resonance_is_symmetric_and_bounded(chain: Vector, by: int) -> None:
    one, other = signature.compose(chain), signature.compose(np.roll(chain[:3], by, axis=1))
    assert -1 <= signature.resonance(one, other) == signature.resonance(other, one) <= 1


@settings(deadline=None)
@given(chains(smallest=2), st.data())
def test_another_order_is_another_signature(chain: Vector, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(chain))))
    assume(list(order) != list(range(len(chain))))
    told = signature.resonance(signature.compose(chain), signature.compose(chain[list(order)]))
    assert told < 0.999
    # What a scene is about stays, whatever the order.
    assert told > signature.resonance(signature.compose(chain), signature.compose(-chain))


@settings(deadline=None)
@given(chains(smallest=2))
def test_order_can_count_for_nothing(chain: Vector) -> None:
    one, other = (signature.compose(each, order=0.0) for each in (chain, chain[::-1]))
    assert signature.resonance(one, other) == pytest.approx(1, abs=1e-5)


@settings(deadline=None)
@given(chains(), st.floats(0.1, 10))
def test_only_the_proportions_of_weights_count(chain: Vector, factor: float) -> None:
    weights = np.linspace(1, 2, len(chain)).astype(np.float32)
    scaled = signature.compose(chain, weights * np.float32(factor))
    np.testing.assert_allclose(signature.compose(chain, weights), scaled, atol=1e-4)


def test_frequent_words_of_a_text_weigh_less() -> None:
    glosses = signature.text_glosses("И был день, и пепел ⚡")
    assert glosses[0] == ("был",)
    weights = signature.text_weights(glosses)
    assert 0 < weights[0] < weights[1] < weights[2] < weights[3] == 1


@pytest.mark.parametrize("lang", [Lang.RU, Lang.EN])
def test_usual_words_are_of_their_language(lang: Lang) -> None:
    usual = signature.usual_words(lang)
    assert len(usual) > 100
    assert {words.language_of(word) for word in usual} == {lang}
