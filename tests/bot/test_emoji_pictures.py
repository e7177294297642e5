"""Emoji as pictures, with a colour font and without one."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.offsetbox import TextArea

from bot.pictures import canvas
from bot.pictures import emoji as pictures
from scene.atoms import Lang

has_font = pytest.mark.skipif(pictures.picture("🔥", 40) is None, reason="no colour emoji font here")


@has_font
@pytest.mark.parametrize("cluster", ["🔥", "❄", "🌫", "🧑🏽‍🚀", "🇯🇵", "7️⃣"])
def test_an_emoji_is_drawn_in_colour_at_the_asked_height(cluster: str) -> None:
    pixels = pictures.picture(cluster, 45)
    assert pixels is not None
    assert (pixels.shape[0], pixels.shape[2]) == (45, 4)
    assert pixels[..., 3].max() > 200
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 20


def test_what_no_font_knows_is_not_drawn() -> None:
    assert pictures.picture("\U0001faff", 45) is None


def words(box: object) -> list[str]:
    """All words of a packed label."""
    if isinstance(box, TextArea):
        return [box.get_text()]
    return [word for child in box.get_children() for word in words(child)]  # type: ignore[attr-defined]


def test_without_a_font_labels_say_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures._drawn.cache_clear()
    monkeypatch.setattr(pictures.font_manager, "findSystemFonts", list)
    pictures._font.cache_clear()
    try:
        for lang, said in ((Lang.RU, ["пепел молния жизнь"]), (Lang.EN, ["пепел lightning жизнь"])):
            assert words(canvas.packed([["пепел", "⚡", "жизнь"]], "#000000", lang)) == said
    finally:
        pictures._drawn.cache_clear()
        pictures._font.cache_clear()
