"""What a resonance means."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedder import BUNDLED
from scene import signature
from scene.calibration import Pair, is_calibrated, probability

NAME = f"{BUNDLED}/{signature.VERSION}"
cosines = st.floats(-1, 1)
pairs = st.sampled_from(Pair)
embedders = st.sampled_from([NAME, "other/3", ""])


def test_the_bundled_embedder_is_calibrated_in_its_present_version() -> None:
    assert is_calibrated(NAME)
    assert not is_calibrated(f"{BUNDLED}/{signature.VERSION + 1}")


@settings(deadline=None)
@given(cosines, cosines, pairs, embedders, st.integers(1, 10**7))
def test_a_higher_cosine_is_never_less_likely(a: float, b: float, pair: Pair, name: str, among: int) -> None:
    low, high = sorted((a, b))
    assert 0 <= probability(low, pair, name, among) <= probability(high, pair, name, among) <= 1


@settings(deadline=None)
@given(cosines, pairs, embedders, st.integers(1, 10**7), st.integers(1, 10**7))
def test_among_more_nothing_is_likelier(cosine: float, pair: Pair, name: str, few: int, more: int) -> None:
    few, more = sorted((few, more))
    assert probability(cosine, pair, name, few) >= probability(cosine, pair, name, more)


@pytest.mark.parametrize("pair", Pair)
def test_one_scene_is_likely_and_strangers_are_not(pair: Pair) -> None:
    assert probability(1, pair, NAME) > 0.95
    assert probability(0, pair, NAME) < 0.05
    assert probability(0.8, pair, NAME) < probability(0.9, pair, NAME)  # what ranks goes on ranking


@settings(deadline=None)
@given(cosines, pairs)
def test_without_curves_it_is_the_cosine(cosine: float, pair: Pair) -> None:
    assert probability(cosine, pair, "other/3") == max(0, cosine)
