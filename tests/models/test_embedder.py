"""Signatures: the same scene in other words lands near, another order does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import BoW

from models.embedder import Embedder
from scene import signature
from scene.calibration import Pair, probability
from scene.parse import parse

TRIPLES = [
    ("пепелвспышкажизньтишина", "ashflashlifesilence", "🪶⚡🌱🤫"),
    ("молниятумандыхание", "lightningfogbreath", "⚡🌫🫁"),
    ("снегволкслед", "snowwolftrace", "❄🐺🐾"),
    ("ключдверьсвет", "keydoorlight", "🔑🚪💡"),
    ("огоньводаземля", "firewaterearth", "🔥💧🌍"),
    ("сердцекровьрана", "heartbloodwound", "❤🩸🩹"),
]


def test_a_scene_is_found_by_its_translations(embedder: Embedder) -> None:
    rows = [
        np.stack([embedder.scene(parse(source)) for source in column])
        for column in zip(*TRIPLES, strict=True)
    ]
    for here in rows:
        for there in rows:
            assert ((here @ there.T).argmax(axis=1) == np.arange(len(TRIPLES))).all()


def test_order_is_part_of_the_signature(embedder: Embedder) -> None:
    scene, reversed_, swapped = (
        embedder.scene(parse(source))
        for source in (
            "пепел вспышка жизнь тишина",
            "тишина жизнь вспышка пепел",
            "вспышка пепел жизнь тишина",
        )
    )
    assert signature.resonance(scene, scene) == pytest.approx(1, abs=1e-5)
    assert signature.resonance(scene, reversed_) < signature.resonance(scene, swapped) < 0.99


@pytest.mark.parametrize("triple", [each for each in TRIPLES if len(each[2]) > 2])
def test_a_translation_is_nearer_than_its_reversal(embedder: Embedder, triple: tuple[str, ...]) -> None:
    scenes = [parse(source) for source in triple]
    chains = [embedder.meanings(signature.glosses(scene)) for scene in scenes]
    for here in map(embedder.scene, scenes):
        for there in chains:
            reversed_ = signature.compose(there[::-1])
            assert signature.resonance(here, signature.compose(there)) > signature.resonance(here, reversed_)


def test_resonance_tells_one_scene_from_strangers(embedder: Embedder) -> None:
    rows = np.array([[embedder.scene(parse(source)) for source in triple] for triple in TRIPLES])
    for i, triple in enumerate(rows):
        for form in (1, 2):
            own, *others = (
                probability(signature.resonance(triple[0], other), Pair.SCENES, embedder.name)
                for other in (rows[i, form], *np.delete(rows, i, axis=0)[:, form])
            )
            assert own > 0.3 > max(others)


def test_a_text_resonates_with_its_own_scene(embedder: Embedder) -> None:
    text = embedder.text("В пепле вдруг что-то дрогнуло: вспышка, и жизнь родилась внутри тишины.")
    assert text is not None
    own = signature.resonance(text, embedder.scene(parse("пепелвспышкажизньтишина")))
    other = signature.resonance(text, embedder.scene(parse("ключмашинаденьги")))
    assert own > other + 0.1
    assert embedder.text("… !") is None


def test_signatures_are_unit_vectors_of_one_size(embedder: Embedder) -> None:
    for source in ("снег", "снегволк", "⚡🌫🫁"):
        vector = embedder.scene(parse(source))
        assert vector.shape == (1024,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_any_sentence_transformer_takes_its_place(tmp_path: Path) -> None:
    vocabulary = ["снег", "волк", "след", "огонь"]
    SentenceTransformer(modules=[BoW(vocabulary)], device="cpu").save(str(tmp_path))
    other = Embedder(str(tmp_path))
    assert other.name.startswith(str(tmp_path))
    assert other.scene(parse("снег волк")).shape == (2 * len(vocabulary),)
    assert signature.resonance(
        other.scene(parse("снег волк")), other.scene(parse("снег волк"))
    ) == pytest.approx(1)
    assert signature.resonance(other.scene(parse("снег волк")), other.scene(parse("след огонь"))) < 0.1
