"""The picture of a measurement and its table: measured in pixels and letters."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noises import LEVELS, noise
from PIL import Image

from bot import noise_texts
from bot.pictures.noise import draw_noise
from bot.pictures.noise_curve import Point, draw_curve
from bot.pictures.staves import staves
from bot.sandbox.entities import parse as telegrams
from bot.texts import texts
from models.noise import document
from models.noise.results import Control
from models.personas import personas
from scene.atoms import Lang
from scene.errors import ModelError
from scene.parse import parse
from storage.noise import Measurement, StoredMeasurement
from storage.records import StoredScene

RU = ["Пе", "пел", " ост", "ыл", ",", " и", " в", " нём", " жив", " свет", ".", "\n", "Волк", " ждёт", "."]
EMOJI = ["", "", "⚡", "", "", "🌫", "→", "", "🫁"]
WORDS = st.lists(st.text(alphabet="аб в\nw⚡🌫,&<", max_size=6), min_size=1, max_size=60)
KEPT = StoredMeasurement(
    12,
    StoredScene(1, 7, 3, parse("пепелвспышка"), datetime.now(UTC)),
    Measurement("poem", "poet", Lang.RU, {}),
)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=np.float64)


@given(WORDS)
@settings(max_examples=60, deadline=None)
def test_every_token_has_its_place_and_no_stave_is_too_wide(pieces: list[str]) -> None:
    lines = staves(pieces, 400, Lang.RU)
    placed = [place for line in lines for place in line]
    assert [place.token for place in placed] == list(range(len(pieces)))
    for line in lines:
        assert line
        assert line[0].left == 0
        for before, after in pairwise(line):
            assert after.left == pytest.approx(before.left + before.width)
        assert len(line) == 1 or line[-1].left + line[-1].width <= 400 + 1e-6
    shown = "".join("".join(place.parts) for place in placed)
    assert "".join(shown.split()) == "".join("".join(pieces).replace("\n", "↵").split())


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'`*_\n")),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_out_of_what_is_told_of_it(written: str, data: st.DataObject) -> None:
    text = f"a{written.replace('✂', '')}b"
    found = noise(RU)
    level = replace(found.levels[0], text=text, divergence_at=data.draw(st.integers(0, len(text) - 1)))
    told = noise_texts.level_text(texts(Lang.RU), found, level)
    shown, _ = telegrams(told, "HTML")
    assert shown.endswith(text[-1])
    assert "".join(shown.partition("\n\n")[2].replace("✂", "").split()) == "".join(text.split())


def test_words_are_not_broken_where_a_line_ends() -> None:
    pieces = [" пеп", "ел", " оста", "лся"] * 12
    for line in staves(pieces, 500, Lang.RU):
        assert pieces[line[0].token].startswith(" ")


@pytest.mark.parametrize(
    ("pieces", "lang"), [(RU, Lang.RU), (EMOJI, Lang.EN), (["…"], Lang.RU), (RU * 12, Lang.EN)]
)
def test_a_text_of_any_length_is_drawn(pieces: list[str], lang: Lang) -> None:
    image = pixels(draw_noise(noise(pieces), "SCN-1 ⚡🌫 — поэма", texts(lang)))
    height, width = image.shape
    assert width == 1_080
    assert height <= 3_200
    assert np.unique(image).size > 30


def test_the_farther_a_level_is_the_darker_it_is_drawn() -> None:
    found = noise(RU, ("Q2_K",))
    (level,) = found.levels
    shades = []
    for kld in (1e-4, 1e-2, 1.0):
        tokens = replace(level.per_token, kld=np.full(len(RU), kld), same_top=np.ones(len(RU), dtype=bool))
        drawn = replace(found, levels=(replace(level, per_token=tokens),))
        shades.append(pixels(draw_noise(drawn, "x", texts(Lang.EN))).mean())
    assert shades[0] > shades[1] > shades[2]


def test_a_level_without_any_error_is_drawn_as_well() -> None:
    (point, *_) = [Point("BF16", 16.0, 0.0), Point("KV_Q8_0", 32.0, 0.0)]
    assert pixels(draw_curve([point], texts(Lang.EN))).shape == (500, 1_080)
    assert pixels(draw_curve([point, Point("KV_Q8_0", 32.0, 0.01)], texts(Lang.RU))).shape == (500, 1_080)


@pytest.mark.parametrize("lang", [Lang.RU, Lang.EN])
def test_the_message_fits_a_telephone_and_is_telegrams_html(lang: Lang) -> None:
    say = texts(lang)
    found = noise(RU)
    long = tuple(
        replace(each, level=name) for each, name in zip(found.levels, ("IQ3_XXS", "KV_Q8_0"), strict=False)
    )
    shown = replace(found, levels=(*found.levels, *long), control=(Control("Q2_K", 3, 0.2, 0.1, 0.3),))
    text, entities = telegrams(noise_texts.result(say, personas(), KEPT, shown), "HTML")
    assert len(text) < 4_096
    (pre,) = [each for each in entities if each.type == "pre"]
    table = text[pre.offset : pre.end].split("\n")
    assert max(map(len, table)) <= 34
    assert len(table) == 2 + len(shown.levels)
    other = replace(shown, seed=8, text="Другой")
    text, entities = telegrams(
        noise_texts.compared(say, personas(), (KEPT, shown), (replace(KEPT, id=1234), other)), "HTML"
    )
    (pre,) = [each for each in entities if each.type == "pre"]
    assert max(map(len, text[pre.offset : pre.end].split("\n"))) <= 36
    assert say("noise-compared-other-text") in text


def test_who_speaks_is_called_by_title_also_when_they_are_several() -> None:
    say = texts(Lang.EN)
    told = [
        noise_texts.title(say, personas(), KEPT.stored, "poem", who)
        for who in ("poet", "body+poet", "body+sailor", "")
    ]
    assert [each.partition("poem")[2] for each in told] == [", poet", ", body and poet", ", body+sailor", ""]


def test_a_text_is_shown_up_to_where_it_parts_and_then_in_bold() -> None:
    found = noise(["a", " <b>", " & c", " d"])
    for level in found.levels:
        text, entities = telegrams(noise_texts.level_text(texts(Lang.EN), found, level), "HTML")
        assert text.replace("✂", "").endswith(level.text)
        if level.divergence_at is not None:
            rest = entities[-1]
            assert text[rest.offset : rest.end] == level.text[level.divergence_at :].strip()


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (1.234, "1.2"), (0.00852, "0.0085"), (4.4e-4, "4e-4")]
)
def test_figures_are_short(value: float, shown: str) -> None:
    assert noise_texts.short(value) == shown


def test_a_measurement_comes_back_from_json_as_it_was() -> None:
    found = replace(noise(RU), control=(Control("Q2_K", 3, 0.2, 0.1, 0.3),))
    plain = json.dumps(document.dump(found))
    again = document.load(json.loads(plain))
    assert json.dumps(document.dump(again)) == plain
    np.testing.assert_array_equal(again.levels[-1].per_token.kld, found.levels[-1].per_token.kld)
    assert [each.level for each in again.levels] == list(LEVELS)


def _without(found: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != name}


def test_what_is_no_measurement_is_told() -> None:
    found = document.dump(noise(RU))
    wrong: list[dict[str, Any]] = [{}, found | {"tokens": [1]}, found | {"levels": []}, found | {"seed": "7"}]
    wrong += [_without(found, name) for name in found]
    wrong.append(found | {"levels": [found["levels"][0] | {"per_token": {"kld": [1.0]}}]})
    for each in wrong:
        with pytest.raises(ModelError) as caught:
            document.load(each)
        assert caught.value.key == "noise-unreadable"
