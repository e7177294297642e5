"""Tempo: what a scene's movement asks of its lines, and whether they keep it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene import tempo
from scene.atoms import Lang
from scene.parse import parse
from scene.tempo import Tempo

BEATS = st.lists(st.floats(0.2, 5.0), min_size=1, max_size=9)


def _vectors(count: int) -> np.ndarray:
    return np.eye(max(count, 2), dtype=np.float32)[:count]


def _of(source: str) -> Tempo:
    scene = parse(source)
    return tempo.of_scene(scene, _vectors(len(scene.atoms)))


def test_the_seeds_movement_sinks_flares_walks_and_rests() -> None:
    decay, awakening, action, back = _of("пепелвспышкажизньтишина").beats
    assert awakening < action < back
    assert awakening < decay


def test_a_leap_cuts_short_and_a_small_step_flows() -> None:
    scene = parse("снегволкслед")
    near = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    far = np.array([[1, 0], [0, 1], [0, 1]], dtype=np.float32)
    flowing, cut = tempo.of_scene(scene, near).beats[1], tempo.of_scene(scene, far).beats[1]
    assert cut < flowing


@given(BEATS, st.integers(1, 12))
def test_a_tempo_over_more_or_fewer_lines_stays_one(beats: list[float], count: int) -> None:
    spread = Tempo(tuple(beats)).over(count)
    assert len(spread.beats) == count
    assert sum(spread.beats) / count == pytest.approx(1.0)


@given(st.lists(st.text("аои ", min_size=1, max_size=30), min_size=1, max_size=6))
def test_a_text_keeps_its_own_tempo(lines: list[str]) -> None:
    assert tempo.measured(lines).closeness(lines) == pytest.approx(1.0)


@given(BEATS, st.lists(st.text("ао б", max_size=30), max_size=6))
def test_closeness_is_a_share(beats: list[float], lines: list[str]) -> None:
    assert 0.0 <= Tempo(tuple(beats)).closeness(lines) <= 1.0


def test_what_breathes_as_asked_is_closer() -> None:
    asked = Tempo((1.4, 0.6, 1.0))
    kept = ["Море уходит и ничего не обещает", "Память", "Соль лежит на ладони"]
    assert asked.closeness(kept) > asked.closeness([kept[1], kept[0], kept[2]])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("молоко", 3),
        ("вскользь", 1),
        ("stone", 1),
        ("little light", 3),
        ("seemed", 1),
        ("wanted", 2),
        ("→", 0),
    ],
)
def test_syllables(text: str, count: int) -> None:
    assert tempo.syllables(text) == count


def test_beats_have_names_in_both_languages() -> None:
    asked = Tempo((1.5, 0.5, 1.0))
    assert asked.named(Lang.RU) == ["долгая", "короткая", "ровная"]
    assert asked.named(Lang.EN) == ["long", "short", "even"]
