"""The importance matrix is what goes into each matrix, squared, and IQ levels are built by it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from gguf_tensors import numbers

from models.catalog import Model
from models.ladder import LEVELS, Ladder, importance
from models.ladder.importance import CALIBRATION, WINDOW, Importance, means_of
from models.llama import Llama, read_header
from models.partial import silent

TEXT = CALIBRATION[:3000]


@pytest.fixture(scope="session")
def kept(short_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the short model's importance matrix, measured over one window."""
    path = tmp_path_factory.mktemp("importance") / "importance.imatrix"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importance, "CALIBRATION", TEXT)
        means_of(short_model.location, path, silent)
    return path


@pytest.fixture
def measured(kept: Path) -> Importance:
    """What the file says."""
    return Importance.load(kept)


def test_the_text_is_long_and_in_both_languages() -> None:
    letters = [letter for letter in CALIBRATION.lower() if letter.isalpha()]
    russian = sum("а" <= letter <= "ё" for letter in letters) / len(letters)
    assert len(CALIBRATION) > 6000
    assert 0.3 < russian < 0.7


def test_it_covers_every_matrix_of_every_layer(measured: Importance) -> None:
    parts = "attn_q attn_k attn_v attn_output ffn_up ffn_gate ffn_down".split()
    assert set(measured.sums) == {f"blk.{layer}.{part}.weight" for layer in (0, 1) for part in parts}
    assert set(measured.counts.values()) == {WINDOW}
    means = measured.means()
    assert all(values.shape == (1, 1536 if "down" in name else 576) for name, values in means.items())
    # The three read the same vectors.
    np.testing.assert_array_equal(means["blk.1.attn_q.weight"], means["blk.1.attn_v.weight"])


def test_what_enters_the_first_matrix_is_as_computed_by_hand(
    short_model: Model, measured: Importance
) -> None:
    path = short_model.location
    llama = Llama(path)
    tokens = llama.tokenize(TEXT, start=True)[:WINDOW]
    llama.close()
    embedded = numbers(path, "token_embd.weight", 576)[tokens].astype(np.float64)
    # Zhang & Sennrich 2019: root mean square layer normalization, with the model's own ε.
    normed = embedded / np.sqrt(np.square(embedded).mean(axis=1, keepdims=True) + 1e-5)
    expected = np.square(normed * numbers(path, "blk.0.attn_norm.weight", 576)).mean(axis=0)
    np.testing.assert_allclose(measured.means()["blk.0.attn_k.weight"][0], expected, rtol=1e-4)


def test_it_is_measured_once_and_kept(short_model: Model, kept: Path, measured: Importance) -> None:
    told: list[str] = []
    means = means_of(short_model.location, kept, lambda _done, _total, what: told.append(what))
    assert told == []
    assert means.keys() == measured.means().keys()
    assert list(kept.parent.iterdir()) == [kept]


def test_a_level_of_few_bits_is_built_by_it(short_model: Model, kept: Path, tmp_path: Path) -> None:
    ladder = Ladder(short_model, folder=tmp_path)
    ladder.folder.mkdir()
    shutil.copy(kept, ladder.folder)
    # llama.cpp refuses to build it without.
    rung = ladder.rung("IQ3_XXS")
    assert read_header(rung.path).ftype == LEVELS["IQ3_XXS"].ftype
    assert rung.bits_per_weight < read_header(short_model.location).bits_per_weight
