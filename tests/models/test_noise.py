"""What precision does to a thought is measured as an independent computation from the raw logits has it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import entr, log_softmax, rel_entr

from models import writer
from models.catalog import Model
from models.embedder import Embedder
from models.engine import Engine, Hardware
from models.engine.context import Context, Layout, Row
from models.ladder import Ladder, Rung
from models.llama import Llama
from models.noise import corpus
from models.noise.corpus import measure_corpus
from models.noise.dependence import dependence
from models.noise.distance import Distance
from models.noise.instrument import Instrument
from models.noise.question import Question
from models.noise.results import LevelNoise, Noise, PerToken, Summary
from models.palette import Palette
from scene.atoms import Lang
from scene.errors import ModelError
from scene.forms import Form
from scene.parse import parse
from tests.conftest import ONE_THREAD

QUESTION = Question(parse("ash flash life silence"), Form.LOGIC, Lang.EN, seed=7)
LEVELS = ("Q2_K", "F32", "Q8_0", "KV_Q4_0")
TEXT = "The wolf walks over the snow, and the snow keeps the trace of the wolf until the wind comes. " * 8
CONTEXT = 64
Array = npt.NDArray[np.float64]


class Borrowed:
    """A control that is no noise: the level's own file."""

    def lent(self, reference: Rung, level: Rung, seed: int) -> AbstractContextManager[Path]:
        return nullcontext(level.path)


@pytest.fixture(scope="module")
def ladder(short_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    return Ladder(short_model, folder=tmp_path_factory.mktemp("rungs"))


@pytest.fixture(scope="module")
def instrument(ladder: Ladder, embedder: Embedder) -> Instrument:
    return Instrument(ladder, embedder, hardware=ONE_THREAD, controls=Borrowed())


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int, str]]:
    """What progress was told while ``noise`` was measured."""
    return []


@pytest.fixture(scope="module")
def noise(instrument: Instrument, told: list[tuple[int, int, str]]) -> Noise:
    def progress(done: int, total: int, what: str) -> None:
        told.append((done, total, what))

    return instrument.measure(QUESTION, LEVELS, progress, control=2)


@pytest.fixture(scope="module")
def levels(noise: Noise) -> dict[str, LevelNoise]:
    return {each.level: each for each in noise.levels}


def logits(path: Path, tokens: Sequence[int], first: int, kv: str) -> Array:
    """Raw logits after the first tokens and after each one that follows."""
    with closing(Llama(path, 0)) as llama:
        flash = None if kv == "f16" else False
        hardware = Hardware(kv_type=kv, flash_attention=flash)  # type: ignore[arg-type]
        with closing(Context(llama, len(tokens), 1, 1, hardware, Layout(outputs=256))) as context:
            context.decode([Row(token, i, 0, i == first - 1) for i, token in enumerate(tokens[:first])])
            found = [context.logits(first - 1).copy()]
            for at in range(first, len(tokens), 64):
                rows = [Row(token, at + i, 0, True) for i, token in enumerate(tokens[at : at + 64])]
                context.decode(rows)
                found += [context.logits(i).copy() for i in range(len(rows))]
            return np.array(found, dtype=np.float64)


def expected(reference: Array, level: Array, tokens: Sequence[int]) -> PerToken:
    """The same as SciPy has it, in float64 throughout."""
    ours, theirs = log_softmax(reference, axis=1), log_softmax(level, axis=1)
    at = np.arange(len(tokens)), np.array(tokens)
    return PerToken(
        kld=rel_entr(np.exp(ours), np.exp(theirs)).sum(axis=1),
        dp=np.exp(theirs[at]) - np.exp(ours[at]),
        logprob=theirs[at],
        # By the logits themselves: what is less than float64's precision apart has one log-probability.
        rank=(level > level[at][:, None]).sum(axis=1),
        entropy=entr(np.exp(theirs)).sum(axis=1),
        top=level.argmax(axis=1),
        same_top=level.argmax(axis=1) == reference.argmax(axis=1),
    )


def alike(found: PerToken, wanted: PerToken) -> None:
    for name in ("kld", "dp", "logprob", "entropy"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-4, atol=2e-6)
    for name in ("rank", "top", "same_top"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def asked(ladder: Ladder, embedder: Embedder) -> list[int]:
    with closing(Llama(ladder.rung("F32").path, 0)) as llama:
        wanted = QUESTION.scene, QUESTION.form, QUESTION.lang, None
        prompt, _ = writer.request(ladder.model, llama.chat, embedder, Palette(embedder), *wanted)
        head = llama.tokenize(prompt.head, start=True, special=prompt.special)
        return [*head, *llama.tokenize(prompt.tail, special=prompt.special)]


def test_reference_is_no_way_from_itself(noise: Noise, levels: dict[str, LevelNoise]) -> None:
    itself = levels["F32"]
    assert noise.deterministic
    assert (noise.source, noise.reference, noise.seed) == ("Q4_1", "F32", QUESTION.seed)
    assert itself.summary.max_kld == itself.summary.rms_dp == 0.0
    assert itself.summary.same_top == 1.0
    assert (itself.text, itself.first_divergence, itself.divergence_at) == (noise.text, None, None)
    np.testing.assert_array_equal(itself.per_token.logprob, noise.logprob)
    np.testing.assert_array_equal(itself.per_token.entropy, noise.entropy)
    assert itself.resonance == noise.resonance
    assert "".join(noise.pieces).strip().startswith(noise.text)
    assert len(noise.tokens) == len(noise.pieces) == len(noise.logprob)


def test_fewer_bits_are_further_away(noise: Noise, levels: dict[str, LevelNoise]) -> None:
    assert [each.level for each in noise.levels] == list(LEVELS)
    assert levels["KV_Q4_0"].summary.mean_kld > 0.0
    assert 0.0 < levels["Q8_0"].summary.mean_kld < levels["Q2_K"].summary.mean_kld
    assert all((each.per_token.kld >= 0).all() for each in noise.levels)
    assert len({each.digest for each in noise.levels}) == len(LEVELS)
    assert levels["Q2_K"].bytes < levels["Q8_0"].bytes < levels["F32"].bytes
    assert all(each.tokens_per_second > 0 for each in noise.levels)


def test_own_text_leaves_where_it_says(noise: Noise, levels: dict[str, LevelNoise]) -> None:
    far = levels["Q2_K"]
    assert far.first_divergence is not None
    assert far.divergence_at is not None
    assert far.text != noise.text
    assert far.text[: far.divergence_at] == noise.text[: far.divergence_at]
    assert far.divergence_at == len("".join(noise.pieces[: far.first_divergence]).lstrip())


def test_figures_are_those_of_the_raw_logits(
    ladder: Ladder, embedder: Embedder, noise: Noise, levels: dict[str, LevelNoise]
) -> None:
    prompt = asked(ladder, embedder)
    tokens = [*prompt, *noise.tokens[:-1]]
    ours, theirs = (logits(ladder.rung(name).path, tokens, len(prompt), "f32") for name in ("F32", "Q8_0"))
    wanted = expected(ours, theirs, noise.tokens)
    alike(levels["Q8_0"].per_token, wanted)
    found, sums = levels["Q8_0"].summary, Summary.of(wanted)
    for name in Summary.__slots__:
        assert getattr(found, name) == pytest.approx(getattr(sums, name), rel=1e-3), name


@pytest.mark.parametrize("name", ["F32", "Q8_0", "Q2_K"])
async def test_level_writes_what_the_writer_would(
    ladder: Ladder, embedder: Embedder, levels: dict[str, LevelNoise], name: str
) -> None:
    hardware = Hardware(threads=1, kv_type="f32", flash_attention=False)
    engine = Engine(ladder.rung(name).path, hardware=hardware)
    wanted = QUESTION.scene, QUESTION.form, QUESTION.lang, None
    prompt, sampling = writer.request(ladder.model, engine.chat, embedder, Palette(embedder), *wanted)
    found = await engine.candidates(prompt, sampling, count=1, seed=QUESTION.seed)
    engine.close()
    assert found.items[0].text == levels[name].text


def test_control_is_read_as_levels_are(noise: Noise, levels: dict[str, LevelNoise]) -> None:
    assert [each.level for each in noise.control] == ["Q2_K", "Q8_0"]
    for control in noise.control:
        mean = levels[control.level].summary.mean_kld
        assert (control.seeds, control.mean_kld) == (2, pytest.approx(mean))
        assert control.low == pytest.approx(mean)
        assert control.high == pytest.approx(mean)


@pytest.mark.parametrize("last", ["write F32", "read Q8_0"])
def test_cancelling_stops_it(instrument: Instrument, last: str) -> None:
    told: list[str] = []
    with pytest.raises(ModelError) as caught:
        instrument.measure(
            QUESTION, ["Q8_0"], lambda done, total, what: told.append(what), lambda: last in told
        )
    assert caught.value.key == "noise-cancelled"
    assert told[-1] == last
    assert told.count(last) <= 2


def test_progress_is_told_to_the_end(noise: Noise, told: list[tuple[int, int, str]]) -> None:
    steps = 1 + len(noise.levels) + 2 * len(noise.control)
    own = [(done, total) for done, total, what in told if what.split()[0] in ("read", "write", "control")]
    assert own == sorted(own)
    assert {total for _, total in own} == {100 * steps}
    assert own[-1][0] == 100 * (steps - 1)


def test_unknown_level_is_refused(instrument: Instrument) -> None:
    with pytest.raises(ModelError) as caught:
        instrument.measure(QUESTION, ["Q8_0", "Q9_K"])
    assert caught.value.key == "level-unknown"


def test_corpus_is_scored_in_the_second_half_of_each_window(
    ladder: Ladder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPERBRIDGE_CACHE", str(tmp_path))
    levels = ["Q8_0", "Q2_K", "F32", "KV_F16"]
    found = measure_corpus(ladder, TEXT, CONTEXT, levels, hardware=ONE_THREAD)
    reference = ladder.rung("F32").path
    with closing(Llama(reference, 0)) as llama:
        tokens = llama.tokenize(TEXT, start=True)
    begins = range(0, len(tokens) - CONTEXT + 1, CONTEXT)
    assert (found.windows, found.tokens) == (len(begins), len(begins) * (CONTEXT // 2 - 1))
    assert found.deterministic
    assert [each.level for each in found.levels] == levels
    assert found.levels[2].summary.max_kld == found.levels[3].summary.max_kld == 0.0
    for level in found.levels[:2]:
        path = ladder.rung(level.level).path
        windows = []
        for begin in begins:
            window, half = tokens[begin : begin + CONTEXT], CONTEXT // 2
            ours, theirs = (logits(each, window, half, "f16")[1:-1] for each in (reference, path))
            windows.append(expected(ours, theirs, window[half + 1 :]))
        fields = {name: [getattr(each, name) for each in windows] for name in PerToken.__slots__}
        alike(level.per_token, PerToken(**{name: np.concatenate(each) for name, each in fields.items()}))
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(corpus, "_SPOOL", 1)
    piecewise = measure_corpus(ladder, TEXT, CONTEXT, ["Q8_0"], hardware=ONE_THREAD)
    assert piecewise.levels[0].summary == found.levels[0].summary
    assert piecewise.perplexity == found.perplexity == pytest.approx(found.levels[2].summary.perplexity)


@pytest.mark.parametrize(
    ("text", "context", "key"),
    [("snow", 64, "noise-corpus-short"), (TEXT, 3, "noise-context"), (TEXT, 1 << 20, "noise-context")],
)
def test_corpus_that_fits_no_window(ladder: Ladder, text: str, context: int, key: str) -> None:
    with pytest.raises(ModelError) as caught:
        measure_corpus(ladder, text, context, ["Q8_0"], hardware=ONE_THREAD)
    assert caught.value.key == key


def test_corpus_can_be_cancelled(ladder: Ladder) -> None:
    told: list[str] = []
    with pytest.raises(ModelError) as caught:
        measure_corpus(
            ladder,
            TEXT,
            CONTEXT,
            ["Q8_0"],
            lambda done, total, what: told.append(what),
            lambda: "read Q8_0" in told,
            hardware=ONE_THREAD,
        )
    assert caught.value.key == "noise-cancelled"
    assert told.count("read Q8_0") == 1


def test_bits_depend_on_how_they_are_computed(ladder: Ladder) -> None:
    rung = ladder.rung("Q8_0")
    with closing(Llama(rung.path, 0)) as llama:
        tokens = llama.tokenize(TEXT, start=True)[:48]
    found = dependence(rung, tokens, hardware=ONE_THREAD)
    assert (found[0].what, found[0].same) == ("again", True)
    assert {each.what for each in found} >= {"batch", "micro-batch", "position", "company", "threads"}
    for each in found:
        assert each.same == (each.digest == found[0].digest) == (each.rms == 0.0)
        assert each.same <= (each.mean_kld == 0.0)
    flash = next(each for each in found if each.what == "flash-attention")
    assert 0.0 < flash.mean_kld < 0.1


@st.composite
def two_distributions(draw: st.DrawFn) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    size, seed = draw(st.integers(2, 300)), draw(st.integers(0, 2**32 - 1))
    spread, apart = draw(st.floats(0, 30)), draw(st.floats(0, 5)) * draw(st.sampled_from([1, 1e-3]))
    chance = np.random.default_rng(seed)
    one = chance.normal(draw(st.floats(-50, 50)), spread, size)
    other = one + chance.normal(draw(st.floats(-5, 5)), apart, size)
    return one.astype(np.float32), other.astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(two_distributions(), st.integers(0, 1 << 20))
def test_divergence_is_scipys(pair: tuple[npt.NDArray[np.float32], ...], number: int) -> None:
    one, other = pair
    token = number % len(one)
    found = Distance(len(one)).row(one, other, token)
    wanted = expected(one[None].astype(float), other[None].astype(float), [token])
    assert found.kld >= 0
    for name, tolerance in (("kld", 2e-6), ("dp", 1e-6), ("logprob", 2e-5), ("entropy", 2e-5)):
        value = float(getattr(wanted, name)[0])
        assert getattr(found, name) == pytest.approx(value, rel=1e-5, abs=tolerance)
    assert (found.rank, found.top, found.same_top) == (wanted.rank[0], wanted.top[0], wanted.same_top[0])
    assert Distance(len(one)).row(one, one, token).kld == 0.0


def test_perplexity_of_evenly_likely_tokens_is_their_number() -> None:
    level = np.zeros(5, dtype=np.float32)
    found = Distance(5).row(level, level, 3)
    assert math.exp(-found.logprob) == pytest.approx(5)
    assert found.entropy == pytest.approx(math.log(5))
