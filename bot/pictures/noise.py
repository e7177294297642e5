"""What precision does to a text: under each of its words, how far every level is from the reference there.

Colours are those of matplotlib's magma, which grow evenly darker for every kind of colour vision; they stand
for logarithms, because levels differ by orders of magnitude. What must be read exactly is written or has a
shape: figures over the words that suffer most, a dot where another token comes first, a bar where the level's
own text parts from the reference's.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from bot.noise_texts import short
from bot.pictures.canvas import GROUND, INK, LETTERS, QUIET, WIDTH, draw, packed, parts_of, points, put
from bot.pictures.noise_curve import CURVE_HEIGHT, Point, paint_curve
from bot.pictures.staves import Place, Stave, staves
from bot.texts import Texts
from models.noise.results import LevelNoise, Noise

_LEFT, _RIGHT = 150, 24  # of a stave; on its left stand the levels' names
_HEAD, _KEY, _GAP = 112, 168, 22
_WORDS, _FIGURES = 48, 32  # height of a stave's words, and of the figures over them
_ROW, _LOW_ROW = 30, 27  # height of a level's row; lower where there are many
_MANY, _LONG = 8, 5  # levels, and staves, from which rows are lower
_MOST = 8  # staves: a longer picture is too small on a telephone
_PEAKS, _APART = 4, 84  # words with a figure, and pixels between two of them
_LEAST, _MOST_KLD = 1e-4, 3.0  # KLD at the ends of the scale, in nats
_SMALL = 25  # pixels of small letters
_COLOURS = matplotlib.colormaps["magma_r"]
_NORM = LogNorm(_LEAST, _MOST_KLD, clip=True)


def draw_noise(noise: Noise, title: str, say: Texts) -> bytes:
    """Draw a measurement.

    Args:
        noise: What was measured, of at least one token and one level.
        title: Says what text this is.
        say: The person's language.

    Returns:
        A PNG file, 1,080 pixels wide and as high as the text asks.
    """
    lines = staves(noise.pieces[: len(noise.tokens)], WIDTH - _LEFT - _RIGHT, say.lang)
    shown = lines[:_MOST]
    page = _Page(noise, title, say, shown)
    return draw(page.height, page.paint)


class _Page:
    def __init__(self, noise: Noise, title: str, say: Texts, lines: Sequence[Stave]) -> None:
        self.noise, self.title, self.say, self.lines = noise, title, say, lines
        self.row = _ROW if len(noise.levels) < _MANY and len(lines) < _LONG else _LOW_ROW
        self.kld = np.stack([level.per_token.kld for level in noise.levels])
        self.left_out = len(noise.tokens) - sum(map(len, lines))
        self.peaks = self._peaks()
        self.height = _HEAD + sum(map(self._stave_height, lines)) + _KEY + CURVE_HEIGHT

    def _peaks(self) -> dict[int, float]:
        """Tokens whose KLD at the worst level is written over them, and that KLD."""
        worst, chosen = self.kld.max(axis=0), dict[int, float]()
        where = {
            place.token: (number, place.left + place.width / 2)
            for number, line in enumerate(self.lines)
            for place in line
        }
        for token in sorted(where, key=lambda each: -worst[each]):
            stave, x = where[token]
            near = any(where[other][0] == stave and abs(where[other][1] - x) < _APART for other in chosen)
            if not near and len(chosen) < _PEAKS:
                chosen[token] = float(worst[token])
        return chosen

    def _has_figures(self, line: Stave) -> bool:
        return any(place.token in self.peaks for place in line)

    def _stave_height(self, line: Stave) -> int:
        over = _FIGURES if self._has_figures(line) else 0
        return over + _WORDS + self.row * len(self.noise.levels) + _GAP

    def paint(self, figure: Figure, canvas: FigureCanvasAgg) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(0, self.height)
        self._head(figure)
        top = self.height - _HEAD
        for line in self.lines:
            self._stave(figure, axes, line, top)
            top -= self._stave_height(line)
        self._key(figure, axes, top)
        of = [Point(each.level, each.bits_per_weight, each.summary.mean_kld) for each in self.noise.levels]
        paint_curve(figure, canvas, of, self.say, self.height)

    def _head(self, figure: Figure) -> None:
        put(
            figure,
            packed([parts_of(self.title)], INK, self.say.lang, 34, bold=True),
            28,
            self.height - 38,
            (0, 0.5),
        )
        noise = self.noise
        under = self.say(
            "noise-picture-head", model=noise.model, reference=noise.reference, count=len(noise.tokens)
        )
        put(figure, packed([[under]], QUIET, self.say.lang, _SMALL), 28, self.height - 84, (0, 0.5))

    def _stave(self, figure: Figure, axes: Axes, line: Stave, top: float) -> None:
        top -= _FIGURES if self._has_figures(line) else 0
        words = top - _WORDS / 2
        for place in line:
            self._word(figure, axes, place, words)
        under = top - _WORDS
        for number, level in enumerate(self.noise.levels):
            bottom = under - self.row * (number + 1)
            middle = bottom + self.row / 2
            axes.text(
                _LEFT - 12, middle, level.level, color=INK, size=points(_SMALL), ha="right", va="center"
            )
            self._cells(axes, line, number, bottom)
            self._signs(axes, line, level, number, bottom)

    def _word(self, figure: Figure, axes: Axes, place: Place, y: float) -> None:
        x = _LEFT + place.left + place.indent
        if place.parts:
            put(figure, packed([place.parts], INK, self.say.lang, LETTERS), x, y, (0, 0.5))
        if place.token in self.peaks:
            middle = _LEFT + place.left + place.width / 2
            axes.text(middle, y + _WORDS / 2 + _FIGURES / 2 - 6, short(self.peaks[place.token]), color=INK,
                      size=points(_SMALL), weight="bold", ha="center", va="center")  # fmt: skip

    def _cells(self, axes: Axes, line: Stave, number: int, bottom: float) -> None:
        corners, colours = [], []
        for place in line:
            left, right = _LEFT + place.left, _LEFT + place.left + place.width - 2
            upper = bottom + self.row - 2
            corners.append([(left, bottom), (right, bottom), (right, upper), (left, upper)])
            colours.append(_COLOURS(_NORM(max(float(self.kld[number, place.token]), _LEAST))))
        axes.add_collection(PolyCollection(corners, facecolors=colours, linewidths=0))

    def _signs(self, axes: Axes, line: Stave, level: LevelNoise, number: int, bottom: float) -> None:
        for place in line:
            if not level.per_token.same_top[place.token]:
                middle = (_LEFT + place.left + place.width / 2 - 1, bottom + self.row / 2 - 1)
                _dot(axes, middle, float(_NORM(max(float(self.kld[number, place.token]), _LEAST))))
            if place.token == level.first_divergence:
                _bar(axes, _LEFT + place.left, bottom, self.row)

    def _key(self, figure: Figure, axes: Axes, top: float) -> None:
        say = self.say
        if self.left_out:
            text = say("noise-picture-more", count=self.left_out)
            axes.text(_LEFT, top + _GAP / 2, text, color=QUIET, size=points(_SMALL), va="center")
        y, left, width = top - 34, 28, 470
        edges = np.linspace(left, left + width, 101)
        colours = _COLOURS(np.linspace(0, 1, 100))
        bars = [[(a, y - 14), (b, y - 14), (b, y + 14), (a, y + 14)]
                for a, b in zip(edges[:-1], edges[1:] + 1, strict=True)]  # fmt: skip
        axes.add_collection(PolyCollection(bars, facecolors=colours, linewidths=0))
        for value in (1e-4, 1e-3, 1e-2, 1e-1, 1.0):
            x = left + width * float(_NORM(value))
            text, side = short(value), "left" if value == _LEAST else "center"
            axes.text(x, y - 34, text, color=INK, size=points(22), ha=side, va="center")
        axes.text(
            left + width + 30, y, say("noise-picture-scale"), color=INK, size=points(_SMALL), va="center"
        )
        y -= 84
        _dot(axes, (44, y), 0.0)
        axes.text(70, y, say("noise-picture-dot"), color=INK, size=points(_SMALL), va="center")
        _bar(axes, 500, y - self.row / 2, self.row)
        axes.text(524, y, say("noise-picture-bar"), color=INK, size=points(_SMALL), va="center")
        axes.text(28, y - 42, say("noise-picture-figures"), color=QUIET, size=points(_SMALL), va="center")


def _dot(axes: Axes, at: tuple[float, float], depth: float) -> None:
    # Dark upon light colours and light upon dark ones.
    axes.add_patch(Circle(at, 6, color=INK if depth < 0.6 else GROUND, zorder=3))


def _bar(axes: Axes, x: float, bottom: float, row: float) -> None:
    axes.add_patch(Rectangle((x - 5, bottom - 1), 10, row, color=GROUND, zorder=3))
    axes.add_patch(Rectangle((x - 3, bottom - 1), 6, row, color="#c1272d", zorder=4))
