"""Two scenes as paths: each atom a point in one plane of meanings, each step an arrow."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from bot.neighbourhood import Compared
from bot.pictures.canvas import (
    COLOURS,
    GROUND,
    INK,
    WIDTH,
    Label,
    darker,
    draw,
    lines_of,
    packed,
    points,
    put,
    put_labels,
)
from bot.texts import Texts
from scene.atoms import Scene
from scene.signature import Vector

HEIGHT = 1_080
_KEY = 190  # pixels for the two scenes' names
_LOOKS: tuple[tuple[str, str, Literal["-", "--"]], ...] = ((COLOURS[0], "o", "-"), (COLOURS[1], "s", "--"))
_APART = 9  # pixels by which two paths are shifted from each other, so that none hides the other


def draw_trajectories(compared: Compared, say: Texts) -> bytes:
    """Draw the paths of two scenes.

    Args:
        compared: The scenes.
        say: The person's language.

    Returns:
        A PNG file of 1,080 by 1,080 pixels.
    """

    return draw(HEIGHT, partial(_paint, compared=compared, say=say))


def _paint(figure: Figure, canvas: FigureCanvasAgg, compared: Compared, say: Texts) -> None:
    axes = figure.add_axes((0, _KEY / HEIGHT, 1, 1 - _KEY / HEIGHT))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, HEIGHT - _KEY)
    scenes = (compared.a, compared.b)
    ways = [_pixels(path, shift) for path, shift in ((compared.path_a, -_APART), (compared.path_b, _APART))]
    labels: list[Label] = []
    # Labels keep off the points, and off the arrows between them.
    dots = [(float(x), float(y) + _KEY) for way in ways for x, y in _along(way)]
    shared = {pair.b: pair.a for pair in compared.comparison.shared}
    for which, (scene, way, (colour, shape, line)) in enumerate(zip(scenes, ways, _LOOKS, strict=True)):
        _path(axes, way, colour, shape, line)
        for i, (atom, (x, y)) in enumerate(zip(scene.atoms, way, strict=True)):
            # An atom that both scenes have in one place is written once.
            if which and i in shared and scenes[0].atoms[shared[i]].text == atom.text:
                continue
            labels.append(Label([[atom.text]], (float(x), float(y) + _KEY), darker(colour)))
    put_labels(figure, canvas, labels, say.lang, (8, _KEY + 4, WIDTH - 8, HEIGHT - 8), dots)
    for row, (scene, code, (colour, shape, line)) in enumerate(
        zip(scenes, (compared.code_a, compared.code_b), _LOOKS, strict=True)
    ):
        y = _KEY - 52 - 78 * row
        figure.add_artist(
            Line2D([28, 108], [y, y], marker=shape, markersize=points(22), color=colour, linestyle=line,
                   linewidth=points(6), transform=None, markeredgecolor=GROUND)
        )  # fmt: skip
        put(figure, packed(_name(scene, code), INK, say.lang), 130, y, (0, 0.5))


def _name(scene: Scene, code: str | None) -> list[list[str]]:
    lines = lines_of(scene)
    if len(lines) > 1:
        lines = [[part for line in lines for part in line]]
    return [[*lines[0], f"  {code}"]] if code else lines


def _pixels(path: Vector, shift: float) -> Vector:
    middle = np.array([WIDTH / 2 + shift, (HEIGHT - _KEY) / 2 - shift], dtype=np.float32)
    reach = np.array([WIDTH / 2 - 170, (HEIGHT - _KEY) / 2 - 90], dtype=np.float32)
    return np.asarray(path * reach + middle, dtype=np.float32)


def _along(way: Vector) -> Vector:
    steps = np.linspace(0, 1, 24)[:, None]
    between = [start + steps * (end - start) for start, end in pairwise(way)]
    return np.concatenate([way, *between])


def _path(axes: Axes, way: Vector, colour: str, shape: str, line: Literal["-", "--"]) -> None:
    for start, end in pairwise(way):
        axes.add_patch(
            FancyArrowPatch(
                (float(start[0]), float(start[1])), (float(end[0]), float(end[1])),
                arrowstyle="-|>", mutation_scale=points(42), color=colour, linestyle=line,
                linewidth=points(6), shrinkA=points(18), shrinkB=points(18), zorder=2,
            )
        )  # fmt: skip
    axes.plot(way[:, 0], way[:, 1], shape, color=colour, markersize=points(24), markeredgecolor=GROUND,
              markeredgewidth=points(3), linestyle="none", zorder=3)  # fmt: skip
    # Where a path begins, its mark is hollow.
    axes.plot(way[:1, 0], way[:1, 1], shape, color=GROUND, markersize=points(28), markeredgecolor=colour,
              markeredgewidth=points(7), linestyle="none", zorder=4)  # fmt: skip
