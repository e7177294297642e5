"""The study of noise in pictures."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.pictures.canvas import COLOURS, GROUND, INK, QUIET, SHAPES, draw, points
from models.structure.study import Study
from models.structure.weight_errors import WITH_WEIGHT, WeightErrors

_HEIGHT = 720
_SMALL = 22  # pixels
_SHOWN = (("kurtosis", "excess kurtosis"), ("lag1", "autocorrelation, lag 1"), ("lzma", "LZMA, bytes a byte"))
_EXTRA = (WITH_WEIGHT, "correlation with the weight")


def draw_study(found: Study) -> dict[str, bytes]:
    """Draw a study.

    Returns:
        PNG files by name: ``kld``, what levels and their controls do to texts; ``weights``, what the errors
        of weights are like beside chance; ``strain``, how strongly each tensor is disturbed.
    """
    pictures = {"kld": _kld(found), "weights": _weights(found)}
    if found.weights.strains:
        pictures["strain"] = _strain(found.weights)
    return pictures


def _kld(found: Study) -> bytes:
    def paint(figure: Figure, canvas: FigureCanvasAgg) -> None:
        axes = _axes(figure, [0.12, 0.14, 0.85, 0.74], "KLD of a level, of its weights alone, and of noise")
        rows = [each for each in found.against if each.measure == "kld"]
        at = np.arange(len(rows))
        for number, (name, values) in enumerate(
            (
                ("level, its own arithmetic", [row.value for row in rows]),
                ("its weights, F32 arithmetic", [row.weights for row in rows]),
            )
        ):
            places = at - 0.15 * (2 - number)
            axes.plot(
                places, values, SHAPES[number], color=COLOURS[number], markersize=points(18), label=name
            )
        for number, row in enumerate(rows):
            label = "Gaussian noise, each draw" if number == 0 else None
            axes.plot(
                [number] * len(row.draws), row.draws, "_", color=INK, markersize=points(30), label=label
            )
        axes.set_yscale("log")
        axes.set_ylabel("mean KLD, nats", fontsize=points(_SMALL), color=INK)
        axes.set_xticks(at, [row.level for row in rows])
        axes.legend(fontsize=points(_SMALL), frameon=False, loc="upper left")

    return draw(_HEIGHT, paint)


def _weights(found: Study) -> bytes:
    def paint(figure: Figure, canvas: FigureCanvasAgg) -> None:
        levels = list(dict.fromkeys(row.level for row in found.weights.rows))
        shown = (*_SHOWN, _EXTRA)
        for number, (measure, title) in enumerate(shown):
            column, line = number % 2, number // 2
            axes = _axes(figure, [0.09 + 0.48 * column, 0.58 - 0.47 * line, 0.4, 0.33], title)
            for at, level in enumerate(levels):
                rows = [row for row in found.weights.rows if (row.level, row.measure) == (level, measure)]
                for mark, colour, values in (
                    ("s", COLOURS[1], [row.control for row in rows]),
                    ("D", COLOURS[2], [row.shuffled for row in rows]),
                    ("o", COLOURS[0], [row.value for row in rows]),
                ):
                    places = at + np.linspace(-0.25, 0.25, len(values))
                    axes.plot(places, values, mark, color=colour, markersize=points(9), alpha=0.8)
            axes.set_xticks(range(len(levels)), levels, rotation=30)
        for at, (colour, name) in enumerate(
            ((COLOURS[0], "● error"), (COLOURS[2], "◆ shuffled"), (COLOURS[1], "■ Gaussian noise"))
        ):
            figure.text(0.12 + 0.28 * at, 0.965, name, color=colour, fontsize=points(_SMALL + 4))

    return draw(_HEIGHT + 200, paint)


def _strain(weights: WeightErrors) -> bytes:
    def paint(figure: Figure, canvas: FigureCanvasAgg) -> None:
        level = max(weights.strains, key=lambda each: each.relative).level
        own = [each for each in weights.strains if each.level == level and each.layer is not None]
        kinds = list(dict.fromkeys(each.kind for each in own))
        layers = sorted({each.layer for each in own if each.layer is not None})
        cells = np.full((len(kinds), len(layers)), np.nan)
        for each in own:
            assert each.layer is not None
            cells[kinds.index(each.kind), layers.index(each.layer)] = each.relative
        axes = _axes(figure, [0.2, 0.16, 0.66, 0.7], f"{level}: RMS of the error over that of the weights")
        image = axes.imshow(cells, aspect="auto", cmap="cividis")
        axes.set_yticks(range(len(kinds)), kinds)
        axes.set_xticks(range(len(layers)), [str(layer) for layer in layers])
        axes.set_xlabel("layer", fontsize=points(_SMALL), color=INK)
        bar = figure.colorbar(image, cax=figure.add_axes((0.89, 0.16, 0.03, 0.7)))
        bar.ax.tick_params(labelsize=points(_SMALL), colors=INK)

    return draw(_HEIGHT, paint)


def _axes(figure: Figure, place: list[float], title: str) -> Axes:
    left, bottom, width, height = place
    axes = figure.add_axes((left, bottom, width, height))
    axes.set_facecolor(GROUND)
    axes.set_title(title, fontsize=points(_SMALL + 4), color=INK, loc="left")
    axes.tick_params(labelsize=points(_SMALL), colors=INK)
    axes.grid(axis="y", color=QUIET, alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return axes
