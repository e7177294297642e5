"""Zones of vectors whose groups are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scene import zones
from scene.signature import Vector
from scene.zones import LONE, Bounds, Nearness

NEARNESS = Nearness(common=0.6, rare=0.7)


def groups(sizes: list[int], lone: int = 0, dimension: int = 24, seed: int = 3) -> tuple[Vector, list[int]]:
    """Unit vectors around orthogonal centres, then some around nothing, and the group of each."""
    random = np.random.default_rng(seed)
    centres = np.linalg.qr(random.normal(size=(dimension, dimension)))[0]
    rows, truth = [], []
    for group, size in enumerate(sizes):
        rows += [centres[group] + random.normal(scale=0.07, size=dimension) for _ in range(size)]
        truth += [group] * size
    rows += list(random.normal(size=(lone, dimension)))
    truth += [LONE] * lone
    vectors = np.array(rows, dtype=np.float32).reshape(-1, dimension)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), truth


def partition(labels: list[int]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(np.array(labels) == label)) for label in set(labels) - {LONE}}


@pytest.mark.parametrize(
    ("sizes", "lone"), [([2], 1), ([2, 3], 2), ([5, 6], 3), ([12, 9, 10], 12), ([120, 60, 40, 80], 60)]
)
def test_groups_are_found_and_strangers_left_alone(sizes: list[int], lone: int) -> None:
    vectors, truth = groups(sizes, lone)
    labels = zones.find(vectors, NEARNESS).tolist()
    assert partition(labels) == partition(truth)
    assert labels == zones.find(vectors, NEARNESS).tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 40])
def test_scenes_that_have_nothing_in_common_form_no_zone(count: int) -> None:
    vectors, _ = groups([], count, dimension=200)
    assert zones.find(vectors, NEARNESS).tolist() == [LONE] * count


def test_of_more_scenes_than_are_clustered_the_others_are_placed() -> None:
    sizes = [(zones.MOST + 1_000) // 2] * 2
    vectors, truth = groups(sizes, dimension=8)
    labels = zones.find(vectors, NEARNESS)
    of_zones = [labels[np.array(truth) == group] for group in (0, 1)]
    assert len(labels) == sum(sizes)
    majority = [np.bincount(each[each >= 0]).argmax() for each in of_zones]
    assert majority[0] != majority[1]
    for each, label in zip(of_zones, majority, strict=True):
        assert (each == label).mean() > 0.9


def test_placing_a_tenth_is_about_what_clustering_all_gives() -> None:
    vectors, truth = groups([40, 30, 30], 20)
    order = np.random.default_rng(0).permutation(len(vectors))
    vectors, truth = vectors[order], [truth[i] for i in order]
    old = len(vectors) * 9 // 10
    labels = zones.find(vectors[:old], NEARNESS)
    bounds = [zones.bounds(vectors[:old][labels == label], NEARNESS) for label in range(labels.max() + 1)]
    placed = zones.place(vectors[old:], bounds)
    whole = zones.find(vectors, NEARNESS)
    same = [
        a == b if LONE in (a, b) else (whole[:old][labels == a] == b).all()
        for a, b in zip(placed, whole[old:], strict=True)
    ]
    assert np.mean(same) >= 0.75
    # Whoever is put in belongs there, even where a few that belong are left to wait.
    assert all(
        truth[old + i] == np.bincount([truth[j] for j in np.flatnonzero(labels == zone)]).argmax()
        for i, zone in enumerate(placed)
        if zone != LONE
    )


def test_nothing_is_placed_where_there_is_no_zone_or_none_that_resonates() -> None:
    vectors, _ = groups([3], 2)
    assert zones.place(vectors, []).tolist() == [LONE] * 5
    far = Bounds(-vectors[:3].mean(axis=0), 0.6)
    assert zones.place(vectors[:3], [far]).tolist() == [LONE] * 3


LABELS = st.lists(st.integers(-1, 4), min_size=1, max_size=30)


@given(LABELS)
def test_zones_that_stay_as_they_are_go_on(former: list[int]) -> None:
    old = np.array(former)
    renamed = np.where(old >= 0, 7 - old, LONE)
    assert zones.inherit(renamed, old) == {7 - label: label for label in set(former) - {LONE}}


@given(st.data())
@settings(max_examples=60)
def test_a_former_zone_goes_on_in_one_zone_at_most(data: st.DataObject) -> None:
    former = data.draw(LABELS)
    labels = data.draw(st.lists(st.integers(-1, 4), min_size=len(former), max_size=len(former)))
    going_on = zones.inherit(np.array(labels), np.array(former))
    assert len(set(going_on.values())) == len(going_on)
    for new, old in going_on.items():
        assert any(a == new and b == old for a, b in zip(labels, former, strict=True))


def test_the_larger_part_keeps_the_name() -> None:
    fell_apart = zones.inherit(np.array([0, 0, 1, 1, 1]), np.array([2, 2, 2, 2, 2]))
    assert fell_apart == {1: 2}
    grew_together = zones.inherit(np.array([0, 0, 0, 0, 0]), np.array([3, 3, 4, 4, 4]))
    assert grew_together == {0: 4}
    assert zones.inherit(np.array([0, 0]), np.array([LONE, LONE])) == {}


@pytest.mark.parametrize(
    ("scenes", "changed", "due"), [(3, 1, True), (30, 2, False), (30, 3, True), (0, 0, False)]
)
def test_a_tenth_is_enough_to_look_anew(scenes: int, changed: int, due: bool) -> None:
    assert zones.is_due(scenes, changed) is due
