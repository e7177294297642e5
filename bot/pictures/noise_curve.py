"""KLD against bits per weight: what each further bit buys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bot.noise_texts import short
from bot.pictures.canvas import COLOURS, GROUND, INK, QUIET, WIDTH, Label, darker, draw, points, put_labels
from bot.texts import Texts

CURVE_HEIGHT = 500
_BITS = (2, 3, 4, 6, 8, 16, 32)
_NOTHING = 1e-8  # a KLD of nothing has no logarithm: it lies at the lower edge
_SMALL = 25
_CACHE = "KV_"


@dataclass(frozen=True, slots=True)
class Point:
    """A level in the chart.

    Attributes:
        level: Its name.
        bits: Bits per weight.
        kld: Mean KLD of a token, in nats.
    """

    level: str
    bits: float
    kld: float


def draw_curve(of: Sequence[Point], say: Texts) -> bytes:
    """Draw the chart alone.

    Args:
        of: At least one level.
        say: The person's language.

    Returns:
        A PNG file of 1,080 by 500 pixels.
    """
    return draw(CURVE_HEIGHT, partial(paint_curve, of=of, say=say, height=CURVE_HEIGHT))


def paint_curve(
    figure: Figure, canvas: FigureCanvasAgg, of: Sequence[Point], say: Texts, height: int
) -> None:
    """Paint the chart at the foot of a picture that is ``height`` pixels high."""
    left, bottom, right, top = 112.0, 96.0, WIDTH - 30.0, CURVE_HEIGHT - 60.0
    box = (left / WIDTH, bottom / height, (right - left) / WIDTH, (top - bottom) / height)
    axes = figure.add_axes(box, facecolor=GROUND)
    bits = np.array([each.bits for each in of])
    kld = np.maximum([each.kld for each in of], _NOTHING)
    low, high = np.log10(kld.min()) - 0.5, np.log10(kld.max()) + 0.7
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(bits.min() * 0.84, bits.max() * 1.3)
    axes.set_ylim(10**low, 10**high)
    axes.xaxis.set_major_locator(FixedLocator(list(_BITS)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.tick_params(labelsize=points(_SMALL), colors=INK, length=0)
    axes.grid(color=QUIET, alpha=0.25, linewidth=points(2))
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(say("noise-picture-bits"), size=points(_SMALL), color=INK)
    axes.set_title(say("noise-picture-curve"), size=points(_SMALL + 3), color=INK, loc="left", pad=points(16))
    cached = np.array([each.level.startswith(_CACHE) for each in of])
    order = np.argsort(bits)[~cached[np.argsort(bits)]]
    axes.plot(bits[order], kld[order], "-", color=COLOURS[0], alpha=0.5, linewidth=points(5), zorder=2)
    # A level of the cache has the reference's bits: it is no step of the line.
    for which, colour, shape in ((~cached, COLOURS[0], "o"), (cached, COLOURS[1], "s")):
        axes.plot(bits[which], kld[which], shape, color=colour, markersize=points(22), markeredgecolor=GROUND,
                  markeredgewidth=points(3), linestyle="none", zorder=3)  # fmt: skip
    at = [(float(x), float(y)) for x, y in axes.transData.transform(np.stack([bits, kld], axis=1))]
    labels = [
        Label([[f"{each.level} {short(each.kld)}"]], (x, y), darker(COLOURS[int(other)]))
        for each, (x, y), other in zip(of, at, cached, strict=True)
    ]
    # Labels keep off the line as well.
    dots = list(at)
    if order.size > 1:
        across, up = np.array(at)[order].T
        along = np.arange(across[0], across[-1], 16.0)
        dots += zip(along.tolist(), np.interp(along, across, up).tolist(), strict=True)
    put_labels(figure, canvas, labels, say.lang, (left, bottom + 4, right, top + 10), dots)
