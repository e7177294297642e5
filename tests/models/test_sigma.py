"""The signal is where precision changes the choice; the oracle finds what is there, and no more than that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import catalog
from models.embedder import Embedder
from models.engine import Engine
from models.ladder import Ladder
from models.sigma import keeping
from models.sigma.features import FEATURES, STRENGTHLESS, features
from models.sigma.module import SigmaModule
from models.sigma.oracle import Samples, accuracy, examine, fit
from models.sigma.signal import word_at
from models.sigma.training import Trained, folds_of, tasks, train
from models.structure.logit_errors import SHAPE, STRENGTH, ReferenceLogits, error_figures
from models.structure.passages import Passage, passage
from models.structure.reading import Listener
from models.structure.survey import Reading, Survey, Voice
from models.writer import Writer
from scene.atoms import Lang
from scene.errors import ModelError
from scene.forms import Form
from scene.parse import parse

MODEL = catalog.find("smollm2-135m")
_TEXTS, _TOKENS, _VOCABULARY = 16, 12, 300


def _survey(*, skewed: bool) -> Survey:
    """Errors of made-up logits: of a level and of noise, which differ in shape only if skewed."""
    chance = np.random.default_rng(8)
    found = Survey([Passage(f"scene {n // 2}", (), (1,), (1,)) for n in range(_TEXTS)], [], {})
    text = list(range(_TOKENS))
    for number in range(_TEXTS):
        reference = ReferenceLogits(chance.standard_normal((_TOKENS, _VOCABULARY)).astype(np.float32))
        found.entropy.append(reference.entropy)
        for voice in (Voice("Q2_K"), Voice("Q2_K", weights=True), *(Voice("Q2_K", seed=s) for s in range(5))):
            error = chance.standard_normal((_TOKENS, _VOCABULARY)).astype(np.float32)
            if skewed and voice.seed is None:
                error = np.square(error)
            figures = error_figures(reference, reference.logits + 0.1 * error, text)
            found.heard.setdefault(voice, {})[number] = Reading(figures, np.ones(_TOKENS, dtype=bool))
    return found


def _noise_or_level(*, skewed: bool) -> Samples:
    found = _survey(skewed=skewed)
    folds = folds_of(found.passages)
    drawn = {Voice("Q2_K", seed=s): {n: r for n, r in found.heard[Voice("Q2_K", seed=s)].items()
             if folds[n] + 1 == s or s == 0} for s in range(5)}  # fmt: skip
    return tasks(replace(found, heard=found.heard | drawn), folds)["control"]


def test_texts_of_one_scene_are_never_trained_on_and_tested_with() -> None:
    passages = [Passage(f"scene {n % 5}", (), (1,), (1,)) for n in range(20)]
    folds = folds_of(passages)
    assert {folds[n] == folds[n + 5] for n in range(15)} == {True}
    assert set(folds) == {0, 1, 2, 3}


def test_too_few_texts_are_told() -> None:
    text = Passage("one scene", (1,), (1,), (1,) * 20)
    with pytest.raises(ModelError, match="passages-too-few"):
        train(Ladder(MODEL), [text], ["Q2_K"], [], 1, lambda *_: None)


def test_an_oracle_finds_what_is_there_and_nothing_in_shuffled_labels() -> None:
    found = examine(_noise_or_level(skewed=True), "control", "x", permutations=19)
    assert found.accuracy > 0.9
    assert found.strengthless > 0.9
    assert found.chance == 0.5
    assert found.p_value == pytest.approx(1 / 20)
    assert abs(found.shuffled - 0.5) < 0.12


def test_an_oracle_finds_nothing_where_nothing_is() -> None:
    assert abs(accuracy(_noise_or_level(skewed=False)) - 0.5) < 0.25


def test_features_without_strength_do_not_see_it() -> None:
    chance = np.random.default_rng(9)
    reference = ReferenceLogits(chance.standard_normal((9, 200)).astype(np.float32))
    error = chance.standard_normal((9, 200)).astype(np.float32)
    weak, strong = (
        features(
            error_figures(reference, reference.logits + scale * error, list(range(9))), reference.entropy
        )
        for scale in (0.5, 1.0)
    )
    blind = [FEATURES.index(name) for name in STRENGTHLESS]
    np.testing.assert_allclose(weak[blind], strong[blind], atol=5e-3)
    assert weak[FEATURES.index("log_kld_mean")] < strong[FEATURES.index("log_kld_mean")] - 1
    assert np.isfinite(features(np.zeros((3, len(STRENGTH) + len(SHAPE))), np.ones(3))).all()


def test_an_oracle_comes_back_from_its_file_and_another_models_does_not(tmp_path: Path) -> None:
    samples, path = _noise_or_level(skewed=True), tmp_path / "oracles" / "x.json"
    trained = Trained(fit(samples), examine(samples, "control", MODEL.id, permutations=1))
    keeping.save({"control": trained}, MODEL, path)
    back = keeping.read(path, MODEL)["control"]
    assert back.oracle == trained.oracle
    np.testing.assert_allclose(
        back.classifier.probabilities(samples.features),
        trained.classifier.probabilities(samples.features),
        atol=1e-4,
    )
    assert keeping.read(path, replace(MODEL, sha256="0" * 64)) == {}
    record = json.loads(path.read_text(encoding="utf-8"))
    record["tasks"]["control"]["classifier"]["weights"] = [[1.0]]
    for content in ("", "[]", "{", json.dumps(record), json.dumps(record | {"version": 0})):
        path.write_text(content, encoding="utf-8")
        assert keeping.read(path, MODEL) == {}
    assert keeping.read(tmp_path / "none.json", MODEL) == {}


def test_the_bundled_oracle_knows_levels_better_than_chance_and_says_on_what_grounds() -> None:
    bundled = keeping.load(MODEL)
    found = bundled["level"].oracle
    assert found.model == MODEL.id
    assert found.texts >= 60
    assert found.p_value < 0.01 < found.chance < found.strengthless < found.accuracy
    assert abs(found.shuffled - found.chance) < 0.03
    assert bundled.keys() == {"level", "control", "weights", "decoy"}


def test_labels_are_judged_by_folds_that_were_not_learned_from() -> None:
    samples = _noise_or_level(skewed=False)
    # A label that is the text's own number can be learned by heart only.
    memorised = replace(samples, labels=samples.texts % 2)
    assert accuracy(memorised) < 0.85


@pytest.mark.parametrize(
    ("before", "token", "after", "word"),
    [
        ("The fi", "re", " was", "fire"),
        ("The", " fi", "relight on", "firelight"),
        ("The rain", ",", " and", ""),
        ("и свет", "ил", "ся тихо", "светился"),
        ("don", "'t", " go", "don't"),
        ("", "A", " b", "A"),
    ],
)
def test_a_word_is_whole(before: str, token: str, after: str, word: str) -> None:
    assert word_at(before.encode(), token.encode(), after.encode()) == word


def test_a_word_is_whole_though_its_token_ends_within_a_letter() -> None:
    letters = " жар".encode()
    assert word_at("и".encode(), letters[:2], letters[2:]) == "жар"


async def test_levels_are_heard_where_their_choice_is_another(
    engine: Engine, embedder: Embedder, tmp_path: Path
) -> None:
    ladder, scene = Ladder(MODEL, folder=tmp_path), parse("ashflashlifesilence")
    module = SigmaModule(ladder, Writer(engine, MODEL, embedder), threads=1)
    found = await module.hear(scene, Form.POEM, Lang.EN, seed=1, levels=("Q2_K", "Q2_K", "Q4_1"), count=1)
    logits = {}
    for name in ("F32", "Q2_K", "Q4_1"):
        with Listener(ladder.rung(name).path, 1) as listener:
            read = passage(listener.llama, MODEL, scene, Form.POEM, Lang.EN, found.read)
            logits[name] = listener.read(read).argmax(axis=1)
    places = [
        (place, name)
        for place in range(len(read.text))
        for name in ("Q2_K", "Q4_1")
        if logits[name][place] != logits["F32"][place]
    ]
    assert [(each.position, each.level) for each in found.signal] == places
    assert places
    assert all(each.token != each.reference_token and each.margin >= 0 for each in found.signal)
    said = found.read.lower()
    assert all(word == word.lower() and word not in said.split() for word in found.words)
    assert found.text
    assert found.oracle is not None
    assert [each.level for each in found.recognised] == ["Q2_K"]  # the oracle has never met Q4_1
    assert found.recognised[0].guess == "Q2_K"
