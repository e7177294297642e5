"""KLD against bits per weight: what each further bit buys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bot.noise_texts import short
from bot.pictures.canvas import COLOURS, GROUND, INK, QUIET, WIDTH, darker, draw, packed, points, put
from bot.texts import Texts

CURVE_HEIGHT = 500
_BITS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32)
_SMALL = 25
_CACHE = "KV_"
_NAMES, _LINE = 800, 40  # where levels' names stand, and how far apart


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
    left, bottom, right, top = 112.0, 96.0, _NAMES - 70.0, CURVE_HEIGHT - 60.0
    box = (left / WIDTH, bottom / height, (right - left) / WIDTH, (top - bottom) / height)
    axes = figure.add_axes(box, facecolor=GROUND)
    bits = np.array([each.bits for each in of])
    kld = np.array([each.kld for each in of])
    # A KLD of nothing has no logarithm: it lies a step below the others.
    kld = np.where(kld > 0, kld, kld[kld > 0].min(initial=1.0) / 10)
    low, high = np.log10(kld.min()) - 0.5, np.log10(kld.max()) + 0.7
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(bits.min() / 1.1, bits.max() * 1.1)
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
    at = axes.transData.transform(np.stack([bits, kld], axis=1))
    for each, (x, y), beside, other in zip(
        of, at, _spread(at[:, 1], bottom, top - _LINE / 2), cached, strict=True
    ):
        colour = darker(COLOURS[int(other)])
        # Points lie close together where levels differ little: each name is led to its own.
        figure.add_artist(
            Line2D([x, right + 12, _NAMES - 8], [y, beside, beside], color=colour, alpha=0.55,
                   linewidth=points(2), transform=None)
        )  # fmt: skip
        put(figure, packed([[f"{each.level} {short(each.kld)}"]], colour, say.lang), _NAMES, beside, (0, 0.5))


def _spread(heights: npt.NDArray[np.float64], low: float, high: float) -> list[float]:
    """Heights for lines of text, each as near its point's as those beside it allow."""
    gap = min(_LINE, (high - low) / max(heights.size - 1, 1))
    order = np.argsort(heights)
    pushed_up, pushed_down = heights[order], heights[order]
    for i in range(1, heights.size):
        pushed_up[i] = max(pushed_up[i], pushed_up[i - 1] + gap)
        pushed_down[-i - 1] = min(pushed_down[-i - 1], pushed_down[-i] - gap)
    # Either keeps the gap, and so does their mean, which strays the least.
    middle = (pushed_up + pushed_down) / 2
    steps = gap * np.arange(heights.size)
    middle = np.minimum(np.maximum(middle, low + steps), high - steps[::-1])
    places = np.empty_like(heights)
    places[order] = middle
    return [float(place) for place in places]
