"""Structure is found where it is, and only there; a control is as strong as the level in each block."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from models import catalog
from models.ladder import Ladder
from models.llama import Llama
from models.noise.interval import interval
from models.noise.results import Control
from models.structure.control import BASE, GaussianControls, Strength, dequantized, rms
from models.structure.figures import MEASURES, figures
from models.structure.logit_errors import SHAPE, STRENGTH, ReferenceLogits, error_figures
from models.structure.passages import passage, read_passages
from models.structure.reading import Listener
from models.structure.survey import Voice, survey
from models.structure.testing import holm, outlying, paired
from models.structure.text_errors import against, together
from models.structure.weight_errors import WITH_WEIGHT, weight_errors
from models.structure.weights import WeightsFile
from scene.atoms import Lang
from scene.errors import ModelError
from scene.forms import Form
from scene.parse import parse

LEVEL = "Q2_K"
LAYER = "blk.3.attn_q.weight"


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    return Ladder(catalog.find("smollm2-135m"), folder=tmp_path_factory.mktemp("ladder"))


@pytest.fixture(scope="module")
def base(ladder: Ladder) -> WeightsFile:
    return WeightsFile(ladder.rung(BASE).path)


@pytest.fixture(scope="module")
def level(ladder: Ladder) -> WeightsFile:
    return WeightsFile(ladder.rung(LEVEL).path)


def _named(signal: np.ndarray) -> dict[str, float]:
    return dict(zip(MEASURES, figures(signal), strict=True))


def test_white_noise_has_no_order() -> None:
    found = _named(np.random.default_rng(1).standard_normal(1 << 15))
    assert abs(found["skew"]) < 0.1
    assert abs(found["kurtosis"]) < 0.15
    assert max(abs(found[name]) for name in MEASURES if name.startswith("lag")) < 0.03
    assert found["flatness"] > 0.98


def test_a_tone_and_a_walk_have_order() -> None:
    tone = _named(np.sin(np.arange(1 << 14) / 3))
    walk = _named(np.cumsum(np.random.default_rng(2).standard_normal(1 << 14)))
    assert tone["flatness"] < 0.05
    assert tone["zlib"] < 0.5
    assert walk["lag1"] > 0.99
    assert _named(np.zeros(100)) == dict.fromkeys(MEASURES, 0.0)


def test_uniform_noise_is_no_gaussian_but_has_no_order_either() -> None:
    signal = np.random.default_rng(3).uniform(size=1 << 15)
    found, shuffled = _named(signal), _named(np.random.default_rng(4).permutation(signal))
    assert found["kurtosis"] == pytest.approx(-1.2, abs=0.05)
    assert found["kurtosis"] == pytest.approx(shuffled["kurtosis"])
    assert found["zlib"] == pytest.approx(shuffled["zlib"], rel=0.01)


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(-99, 99), min_size=2, max_size=300), st.floats(0.01, 100), st.floats(-50, 50))
def test_figures_see_neither_strength_nor_mean(values: list[int], scale: float, shift: float) -> None:
    signal = np.array(values)
    if signal.std() > 1e-3:
        found, moved = _named(signal), _named(signal * scale + shift)
        assert moved["kurtosis"] == pytest.approx(found["kurtosis"], rel=1e-4, abs=1e-4)
        assert moved["lag1"] == pytest.approx(found["lag1"], rel=1e-4, abs=1e-4)


def test_the_tests_of_chance_agree_with_the_textbook() -> None:
    ours, theirs = np.array([1.0, 2.0, 3.5, 2.2]), np.array([0.7, 1.9, 2.6, 2.3])
    assert paired(ours, theirs) == pytest.approx(stats.ttest_rel(ours, theirs).pvalue)
    assert paired(ours, ours) == 1.0
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert outlying(0.0, [0.9, 1.0, 1.1, 1.0]) < 0.01 < 0.5 < outlying(1.0, [0.9, 1.0, 1.1, 1.05])
    low, high = interval([1.0, 2.0, 3.0])
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 2, 2.0, stats.sem([1.0, 2.0, 3.0])))


def test_the_interval_of_a_control_never_reaches_below_zero() -> None:
    control = Control.of("Q2_K", [0.01, 0.4])
    assert 0 < control.low < control.mean_kld < control.high
    logs = np.log([0.01, 0.4])
    low, high = np.exp(stats.t.interval(0.95, 1, logs.mean(), stats.sem(logs)))
    assert (control.low, control.high) == pytest.approx((low, high))
    assert control.mean_kld == pytest.approx(np.sqrt(0.01 * 0.4))
    same = Control.of("BF16", [0.0, 0.0])
    assert (same.low, same.high) == pytest.approx((0.0, 0.0), abs=1e-9)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_one_draw_among_others_is_rarely_called_an_outlier(seed: int) -> None:
    draws = np.random.default_rng(seed).standard_normal((200, 6))
    share = np.mean([outlying(float(row[0]), row[1:].tolist()) <= 0.05 for row in draws])
    assert share < 0.15


def test_error_figures_of_shape_do_not_see_strength() -> None:
    chance = np.random.default_rng(5)
    reference = ReferenceLogits(3 * chance.standard_normal((4, 500)).astype(np.float32))
    error = chance.standard_normal((4, 500)).astype(np.float32)
    weak, strong = (
        error_figures(reference, reference.logits + scale * error, [1, 2, 3, 4]) for scale in (0.25, 1.0)
    )
    size = STRENGTH.index("log_rms")
    assert strong[:, size] - weak[:, size] == pytest.approx(np.log(4) * np.ones(4), abs=1e-3)
    np.testing.assert_allclose(weak[:, len(STRENGTH) :], strong[:, len(STRENGTH) :], atol=2e-3)
    p, q = (stats.entropy(np.exp(row)) for row in reference.logits[:2])
    assert reference.entropy[:2] == pytest.approx([p, q], rel=1e-4)


def test_the_kld_is_that_of_the_definition() -> None:
    chance = np.random.default_rng(6)
    logits = chance.standard_normal((2, 3, 400)).astype(np.float32)
    logits[1] = logits[0] + 0.3 * logits[1]
    p, q = (np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in logits.astype(np.float64))
    found = error_figures(ReferenceLogits(logits[0]), logits[1], [0, 1, 2])
    assert np.exp(found[:, 0]) == pytest.approx(stats.entropy(p, q, axis=1), rel=1e-4)
    assert found[:, STRENGTH.index("entropy_change")] == pytest.approx(
        stats.entropy(q, axis=1) - stats.entropy(p, axis=1), abs=1e-4
    )
    assert found[0, len(STRENGTH) + SHAPE.index("follow")] == 0.0


def test_a_control_is_as_strong_as_the_level_in_every_block(base: WeightsFile, level: WeightsFile) -> None:
    strength = Strength(base, level)
    tensor, theirs = base.tensors[LAYER], level.tensors[LAYER]
    ours = base.weights(tensor)
    change = strength.noise(seed=1)
    noise = change(tensor, 0, base.piece(tensor, 0)) - base.piece(tensor, 0)
    error = level.piece(theirs, 0) - base.piece(tensor, 0)
    assert rms(noise, theirs.block) == pytest.approx(rms(error, theirs.block), rel=1e-3)
    assert np.corrcoef(noise, error)[0, 1] == pytest.approx(0.0, abs=0.02)
    np.testing.assert_array_equal(change(tensor, 0, ours[: noise.size]) - ours[: noise.size], noise)
    assert (strength.noise(seed=2)(tensor, 0, ours[: noise.size]) != ours[: noise.size] + noise).any()
    np.testing.assert_array_equal(dequantized(level)(tensor, 0, ours), level.piece(theirs, 0))
    unchanged = base.tensors["output_norm.weight"]
    assert change(unchanged, 0, base.piece(unchanged, 0)) is not None
    assert unchanged.name not in strength.blocks


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    for content in (b"", b"GGUF", b"GGUF" + b"\xff" * 64, b"no model at all"):
        (tmp_path / "x.gguf").write_bytes(content)
        with pytest.raises(ModelError, match="model-not-gguf"):
            WeightsFile(tmp_path / "x.gguf")
    with pytest.raises(ModelError, match="model-unreadable"):
        WeightsFile(tmp_path / "y.gguf")


def test_weight_errors_are_structured_and_controls_are_not(base: WeightsFile, level: WeightsFile) -> None:
    found = weight_errors(base, {LEVEL: level})
    rows = {(row.kind, row.measure): row for row in found.rows}
    order, values = rows["attn_q", "lag1"], rows["attn_q", "kurtosis"]
    assert order.value > 0.1
    assert abs(order.shuffled) < 0.02
    assert abs(order.control) < 0.02
    assert max(order.p_shuffled, values.p_control) < 1e-4
    assert values.value == pytest.approx(values.shuffled)
    assert rows["attn_q", WITH_WEIGHT].value < -0.01
    assert {strain.level for strain in found.strains} == {LEVEL}


@pytest.fixture(scope="module")
def heard(ladder: Ladder):  # type: ignore[no-untyped-def]
    llama = Llama(ladder.rung(BASE).path, gpu_layers=0)
    read = passage(
        llama, ladder.model, parse("rain umbrella"), Form.POEM, Lang.EN, "The rain was cold and grey."
    )
    llama.close()
    voices = [Voice(LEVEL), Voice(LEVEL, weights=True), *(Voice(LEVEL, seed=seed) for seed in (1, 2))]
    voices.append(Voice(ladder.source))
    return survey(ladder, [read], dict.fromkeys(voices, range(1)), 1, lambda *_: None)


def test_a_control_is_a_model_that_reads(heard) -> None:  # type: ignore[no-untyped-def]
    def kld(voice: Voice) -> float:
        return float(np.mean([np.exp(each.figures[:, 0]).mean() for each in heard.heard[voice].values()]))

    # The packaged file has the reference's weights, and only computes otherwise.
    assert 0 < kld(Voice("Q4_1")) < kld(Voice(LEVEL)) / 5
    first, second = kld(Voice(LEVEL, seed=1)), kld(Voice(LEVEL, seed=2))
    assert first != second
    assert kld(Voice(LEVEL)) / 4 < first < kld(Voice(LEVEL)) * 4


def test_figures_of_texts_stand_beside_their_controls(heard) -> None:  # type: ignore[no-untyped-def]
    found = {each.measure: each for each in against(heard, [LEVEL], 2)}
    assert len(found["kld"].draws) == 2
    assert found["kld"].low < np.mean(found["kld"].draws) < found["kld"].high
    assert set(SHAPE) < found.keys()
    assert together(heard, [LEVEL], 2) == []


def test_lent_models_go_when_they_are_given_back(ladder: Ladder, base: WeightsFile) -> None:
    stale = base.path.parent / ".control-99999999-x"
    stale.mkdir()
    with GaussianControls(ladder).lent(ladder.rung(BASE), ladder.rung(LEVEL), 7) as path:
        assert WeightsFile(path).tensors.keys() == base.tensors.keys()
        assert not stale.exists()
    assert list(base.path.parent.glob(".control-*")) == []


def test_the_same_text_is_read_to_the_same_bits(ladder: Ladder) -> None:
    digests = set()
    for _ in range(2):
        with Listener(ladder.rung(LEVEL).path, 1) as listener:
            read = passage(
                listener.llama,
                ladder.model,
                parse("bear den"),
                Form.POEM,
                parse("bear den").lang,
                "It slept.",
            )
            digests |= {hashlib.sha256(listener.read(read).tobytes()).hexdigest() for _ in range(2)}
    assert len(digests) == 1


def test_texts_come_from_a_file_and_a_bad_line_is_named(model_path: Path, tmp_path: Path) -> None:
    llama, model = Llama(model_path, gpu_layers=0), catalog.find("smollm2-135m")
    file = tmp_path / "texts.jsonl"
    good = '{"source": "bear den", "form": "poem", "lang": "en", "text": "It slept."}\n'
    file.write_text(good + good.replace("en", "ru"), encoding="utf-8")
    assert len(read_passages(file, llama, model)) == 1
    for bad in ("{", "[]", '{"source": "bear den"}', good.replace("poem", "ode").strip()):
        file.write_text(f"{good}{bad}\n", encoding="utf-8")
        with pytest.raises(ModelError) as error:
            read_passages(file, llama, model)
        assert error.value.params["line"] == 2
    llama.close()
