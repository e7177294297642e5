"""Emoji as pictures: matplotlib draws no colour fonts, Pillow does.

Where the machine has no colour font, or none that knows an emoji, a picture says the emoji's name instead.
"""

from __future__ import annotations

import functools

import numpy as np
from matplotlib import font_manager
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scene import emoji

Pixels = NDArray[np.uint8]

_FONTS = ("notocoloremoji", "apple color emoji", "applecoloremoji", "seguiemj", "twemoji")
# Bitmap fonts come in a few sizes only: Noto in 109, Apple's in 160 and 96; the last is for outlines.
_SIZES = (109, 160, 96, 128)
_EDGE, _SHADOW = 2, (60, 66, 74, 0)
_NOBODYS = "\U0010fffd"  # a private character, of which a font draws what it draws for unknown ones


def picture(cluster: str, height: int) -> Pixels | None:
    """Draw an emoji.

    Args:
        cluster: One emoji.
        height: Of the picture, in pixels.

    Returns:
        RGBA, shape (height, width, 4); None where it can't be drawn.
    """
    drawn = _drawn(cluster)
    if drawn is None:
        return None
    inner = height - 2 * _EDGE
    width = max(1, round(drawn.width * inner / drawn.height))
    small = Image.new("RGBA", (width + 2 * _EDGE, height))
    small.paste(drawn.resize((width, inner), Image.Resampling.LANCZOS), (_EDGE, _EDGE))
    # Fog and snow are white: an edge lifts them off a light ground.
    shadow = small.getchannel("A").filter(ImageFilter.MaxFilter(2 * _EDGE + 1)).filter(ImageFilter.BoxBlur(1))
    edged = Image.new("RGBA", small.size, _SHADOW)
    edged.putalpha(shadow.point(lambda alpha: alpha * 5 // 10))
    return np.asarray(Image.alpha_composite(edged, small))


@functools.lru_cache(maxsize=512)
def _drawn(cluster: str) -> Image.Image | None:
    font = _font()
    # A selector asks some fonts for another glyph, and a lone base character draws the same everywhere.
    texts = dict.fromkeys((cluster, emoji.bare(cluster)))
    for text in texts if font else ():
        canvas = Image.new("RGBA", (1_024, 256))
        ImageDraw.Draw(canvas).text((16, 16), text, font=font, embedded_color=True)
        box = canvas.getbbox()
        if box and canvas.crop(box).tobytes() != _unknown():
            return canvas.crop(box)
    return None


@functools.cache
def _unknown() -> bytes:
    canvas = Image.new("RGBA", (1_024, 256))
    ImageDraw.Draw(canvas).text((16, 16), _NOBODYS, font=_font(), embedded_color=True)
    box = canvas.getbbox()
    return canvas.crop(box).tobytes() if box else b""


@functools.cache
def _font() -> ImageFont.FreeTypeFont | None:
    found = sorted(font_manager.findSystemFonts())
    for name in _FONTS:
        for path in found:
            if name in path.replace("\\", "/").rsplit("/", 1)[-1].casefold():
                for size in _SIZES:
                    try:
                        return ImageFont.truetype(path, size)
                    except OSError:  # no bitmaps of this size
                        continue
    return None
