"""Places on the map: the same again, and never turned over."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from test_zones import groups

from scene import plane
from scene.signature import Vector

AXES = np.eye(24, dtype=np.float32)[:2]


def nowhere(count: int) -> Vector:
    return np.full((count, 2), np.nan, dtype=np.float32)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 10, 11, 60])
def test_every_scene_gets_the_same_place_every_time(count: int) -> None:
    vectors, _ = groups([count // 2], count - count // 2)
    places = plane.lay_out(vectors, nowhere(count), AXES)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert np.array_equal(places, plane.lay_out(vectors, nowhere(count), AXES))


def test_scenes_that_coincide_have_a_place_too() -> None:
    vectors = np.repeat(np.eye(24, dtype=np.float32)[:1], 12, axis=0)
    assert np.isfinite(plane.lay_out(vectors, nowhere(12), AXES)).all()


def test_neighbours_are_laid_side_by_side() -> None:
    vectors, truth = groups([20, 20, 20, 20])
    places = plane.lay_out(vectors, nowhere(80), AXES)
    assert trustworthiness(vectors, places, n_neighbors=5) > 0.9
    centres = np.stack([places[np.array(truth) == group].mean(axis=0) for group in range(4)])
    nearest = np.linalg.norm(places[:, None] - centres[None], axis=2).argmin(axis=1)
    assert nearest.tolist() == truth


@pytest.mark.parametrize("count", [6, 40])
def test_growing_by_a_third_turns_nothing_over(count: int) -> None:
    vectors, _ = groups([count // 2, count // 2], count // 3)
    old = plane.lay_out(vectors[:count], nowhere(count), AXES)
    again = plane.lay_out(vectors, np.concatenate([old, nowhere(count // 3)]), AXES)
    # Both directions point where they pointed.
    for axis in range(2):
        assert np.corrcoef(old[:, axis], again[:count, axis])[0, 1] > 0.5


def test_a_new_scene_moves_no_other_and_lies_among_its_own() -> None:
    vectors, truth = groups([15, 15])
    before = plane.lay_out(vectors[1:], nowhere(29), AXES)
    places = plane.settle(vectors, np.concatenate([nowhere(1), before]))
    assert np.array_equal(places[1:], before)
    own, other = (before[np.array(truth[1:]) == group].mean(axis=0) for group in (0, 1))
    assert np.linalg.norm(places[0] - own) < np.linalg.norm(places[0] - other)
    assert plane.settle(vectors[:1], nowhere(1)).tolist() == [[0.0, 0.0]]


def test_more_scenes_than_landmarks_are_put_among_them() -> None:
    vectors, truth = groups([plane.LANDMARKS // 2 + 40, plane.LANDMARKS // 2 + 40])
    places = plane.lay_out(vectors, nowhere(len(vectors)), AXES)
    centres = np.stack([places[np.array(truth) == group].mean(axis=0) for group in range(2)])
    nearest = np.linalg.norm(places[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == truth).mean() > 0.98


@pytest.mark.parametrize(
    ("scenes", "laid", "due"), [(3, 0, True), (11, 9, False), (12, 9, True), (9, 9, False)]
)
def test_the_map_is_laid_out_anew_when_it_has_grown_by_a_third(scenes: int, laid: int, due: bool) -> None:
    assert plane.is_due(scenes, laid) is due
