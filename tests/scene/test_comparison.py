"""What two scenes share, with real meanings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.background import background
from models.embedder import Embedder
from scene import comparison, signature
from scene.atoms import Atom, Kind, Lang, Phase, Scene
from scene.comparison import Comparison, How
from scene.parse import parse


def compare(embedder: Embedder, a: str, b: str) -> tuple[Comparison, Scene, Scene]:
    first, second = parse(a), parse(b)
    cosines = embedder.chain(signature.glosses(first)) @ embedder.chain(signature.glosses(second)).T
    return comparison.compare(first, second, cosines, background(embedder).meaning), first, second


@pytest.mark.parametrize(
    ("a", "b", "shared", "only_a", "only_b", "order"),
    [
        ("снегволк", "волкснег", {("снег", "снег"), ("волк", "волк")}, [], [], -1.0),
        ("пепелвспышкажизньтишина", "ashflashlifesilence",
         {("пепел", "ash"), ("вспышка", "flash"), ("жизнь", "life"), ("тишина", "silence")}, [], [], 1.0),
        ("морозволк", "🐺каменьзима", {("волк", "🐺")}, ["мороз"], ["камень", "зима"], None),
        ("снегаволки", "волкснег", {("снега", "снег"), ("волки", "волк")}, [], [], -1.0),
        ("числограница", "огоньдождь", set(), ["число", "граница"], ["огонь", "дождь"], None),
    ],
)  # fmt: skip
def test_atoms_are_shared_by_lemma_and_by_meaning(
    embedder: Embedder,
    a: str,
    b: str,
    shared: set[tuple[str, str]],
    only_a: list[str],
    only_b: list[str],
    order: float | None,
) -> None:
    found, first, second = compare(embedder, a, b)
    pairs = {(first.atoms[pair.a].text, second.atoms[pair.b].text) for pair in found.shared}
    assert pairs == shared
    assert [first.atoms[i].text for i in found.only_a] == only_a
    assert [second.atoms[j].text for j in found.only_b] == only_b
    assert found.order == order


def test_how_and_how_much(embedder: Embedder) -> None:
    found, _, _ = compare(embedder, "снегволк", "snowволк")
    assert [pair.how for pair in found.shared] == [How.MEANING, How.LEMMA]
    assert background(embedder).meaning <= found.shared[0].score < 1.0
    assert found.shared[1].score == 1.0


WORDS = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=7)


def chain(words: list[str]) -> Scene:
    atoms = tuple(Atom(word, word, Lang.EN, Phase.ACTION) for word in words)
    return Scene("".join(words), atoms, Lang.EN, Kind.BODILY, "".join(words))


@given(WORDS, WORDS, st.integers(0, 2**32 - 1))
@settings(max_examples=100)
def test_every_atom_is_told_once(a: list[str], b: list[str], seed: int) -> None:
    cosines = np.random.default_rng(seed).uniform(-1, 1, (len(a), len(b))).astype(np.float32)
    found = comparison.compare(chain(a), chain(b), cosines, 0.6)
    assert sorted([*(pair.a for pair in found.shared), *found.only_a]) == list(range(len(a)))
    assert sorted([*(pair.b for pair in found.shared), *found.only_b]) == list(range(len(b)))
    # As many words as both have are shared by their lemma.
    by_lemma = sum(pair.how is How.LEMMA for pair in found.shared)
    assert by_lemma == sum(min(a.count(word), b.count(word)) for word in set(a))
    assert found.order is None or -1.0 <= found.order <= 1.0


@given(st.lists(st.sampled_from("abcdefg"), min_size=2, max_size=7, unique=True))
def test_a_scene_beside_itself_and_beside_its_reversal(words: list[str]) -> None:
    nothing = np.zeros((len(words), len(words)), dtype=np.float32)
    assert comparison.compare(chain(words), chain(words), nothing, 0.6).order == 1.0
    assert comparison.compare(chain(words), chain(words[::-1]), nothing, 0.6).order == -1.0


@pytest.mark.parametrize("sizes", [(1, 1), (2, 1), (4, 4), (1, 6)])
def test_paths_lie_in_one_plane_and_the_first_goes_to_the_right(sizes: tuple[int, int]) -> None:
    rows = np.random.default_rng(1).normal(size=(sum(sizes), 16)).astype(np.float32)
    a, b = comparison.paths(rows[: sizes[0]], rows[sizes[0] :])
    assert (a.shape, b.shape) == ((sizes[0], 2), (sizes[1], 2))
    assert np.abs(np.concatenate([a, b])).max() <= 1.0 + 1e-6
    assert a[-1, 0] >= a[0, 0]
    again = comparison.paths(rows[: sizes[0]], rows[sizes[0] :])
    assert np.array_equal(a, again[0])


def test_the_same_atom_is_one_point() -> None:
    row = np.eye(4, dtype=np.float32)[:1]
    a, b = comparison.paths(row, row)
    assert a.tolist() == b.tolist() == [[0.0, 0.0]]
