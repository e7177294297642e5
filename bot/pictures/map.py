"""The map: an owner's scenes on a plane, zones by colour, shape and hull."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon

from bot.neighbourhood import Dot, MapView
from bot.pictures.canvas import (
    COLOURS,
    GROUND,
    INK,
    QUIET,
    SHAPES,
    WIDTH,
    Box,
    Label,
    darker,
    draw,
    lines_of,
    packed,
    parts_of,
    points,
    put,
    put_labels,
)
from bot.texts import Texts
from scene.signature import Vector

HEIGHT = 1_350
_NAMED = 8  # zones with a colour and a line of the key: as many as there are colours
_ROW = 46  # pixels of a line of the key
_EDGE = 24
_WITHIN, _MANY = 0.9, 10  # share of a zone's scenes inside its bounds, if it has as many as that
_CROWD = 80  # scenes from which dots are smaller


def draw_map(view: MapView, say: Texts) -> bytes:
    """Draw a map.

    Args:
        view: What is on it.
        say: The person's language.

    Returns:
        A PNG file of 1,080 by 1,350 pixels.
    """

    return draw(HEIGHT, partial(_paint, view=view, say=say))


def look_of(number: int, numbers: Sequence[int]) -> tuple[str, str] | None:
    """Colour and shape of a zone; None for one too many.

    Args:
        number: The zone's number.
        numbers: Numbers of all zones on the map, the largest zone first.
    """
    named = list(numbers[:_NAMED])
    if number not in named:
        return None
    # By its number, so that it keeps its look; one whose look is taken gets the next that is free.
    looks: dict[int, int] = {}
    for each in sorted(named):
        wanted = (each - 1) % len(COLOURS)
        while wanted in looks.values():
            wanted = (wanted + 1) % len(COLOURS)
        looks[each] = wanted
    return COLOURS[looks[number]], SHAPES[looks[number]]


def _paint(figure: Figure, canvas: FigureCanvasAgg, view: MapView, say: Texts) -> None:
    numbers = [each.zone.number for each in view.zones]
    key = _key(view, numbers, say)
    bottom = _EDGE + _ROW * len(key)
    axes = figure.add_axes((0, bottom / HEIGHT, 1, 1 - bottom / HEIGHT))
    axes.set_axis_off()
    where = _scaled(view.dots, (80, 60, WIDTH - 80, HEIGHT - bottom - 70))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, HEIGHT - bottom)
    size = 19 if len(view.dots) <= _CROWD else 11
    for number in numbers:
        look = look_of(number, numbers)
        mine = where[[dot.zone == number for dot in view.dots]]
        if look:
            _hull(axes, _inner(mine), look[0])
        colour, shape = look or (QUIET, "o")
        _dots(axes, mine, colour, shape, size)
    lone = where[[dot.zone is None for dot in view.dots]]
    axes.plot(lone[:, 0], lone[:, 1], "o", color=GROUND, markeredgecolor=QUIET, markersize=points(size * 0.8),
              markeredgewidth=points(3), linestyle="none", zorder=2)  # fmt: skip
    pixels = [(float(x), float(y) + bottom) for x, y in where]
    crowd = len(view.dots) > _CROWD
    named = [(dot, at) for dot, at in zip(view.dots, pixels, strict=True) if dot.scene is not None]
    labels = [Label(lines_of(dot.scene), at) for dot, at in named if dot.scene is not None]
    if crowd:
        # Where there are too many scenes to name, zones are named, and of the scenes a few.
        labels = [*_zone_names(view, numbers, pixels, say), *labels[: len(view.zones[:_NAMED])]]
    put_labels(figure, canvas, labels, say.lang, (8, bottom + 6, WIDTH - 8, HEIGHT - 8), pixels)
    for row, (look, parts, faint) in enumerate(key):
        y = bottom - _ROW * (row + 0.5)
        colour, shape = look
        figure.add_artist(
            Line2D([48], [y], marker=shape, markersize=points(24), color=colour, transform=None,
                   markerfacecolor=GROUND if faint else colour, markeredgewidth=points(3))
        )  # fmt: skip
        put(figure, packed([parts], QUIET if faint else INK, say.lang), 80, y, (0, 0.5))


def _zone_names(
    view: MapView, numbers: Sequence[int], pixels: Sequence[tuple[float, float]], say: Texts
) -> list[Label]:
    labels = []
    for each in view.zones[:_NAMED]:
        number = each.zone.number
        mine = [at for dot, at in zip(view.dots, pixels, strict=True) if dot.zone == number]
        look = look_of(number, numbers)
        if look and mine and each.zone.name:
            x, y = np.median(np.array(mine), axis=0)
            lines = [parts_of(each.zone.name.of(say.lang))]
            labels.append(Label(lines, (float(x), float(y)), darker(look[0]), bold=True, over=True))
    return labels


Row = tuple[tuple[str, str], list[str], bool]


def _key(view: MapView, numbers: Sequence[int], say: Texts) -> list[Row]:
    """What the colours and shapes mean, a line each."""
    rows: list[Row] = []
    for each in view.zones[:_NAMED]:
        look = look_of(each.zone.number, numbers)
        assert look is not None and each.zone.name is not None  # noqa: PT018
        rows.append((look, [*parts_of(each.zone.name.of(say.lang)), f" — {each.size}"], False))
    more = view.zones[_NAMED:]
    if more:
        rows.append(((QUIET, "o"), [say("map-more-zones", count=len(more))], False))
    if view.lone:
        rows.append(((QUIET, "o"), [say("map-lone", count=view.lone)], True))
    return rows


def _scaled(dots: Sequence[Dot], within: Box) -> Vector:
    """Places as pixels of the axes; both directions by one scale, so that near stays near."""
    places = np.array([(dot.x, dot.y) for dot in dots], dtype=np.float32)
    low, high = places.min(axis=0), places.max(axis=0)
    room = np.array([within[2] - within[0], within[3] - within[1]], dtype=np.float32)
    scale = float((room / np.maximum(high - low, 1e-6)).min())
    middle = np.array([(within[0] + within[2]) / 2, (within[1] + within[3]) / 2], dtype=np.float32)
    return np.asarray((places - (low + high) / 2) * min(scale, 1e6) + middle, dtype=np.float32)


def _dots(axes: Axes, where: Vector, colour: str, shape: str, size: float) -> None:
    axes.plot(where[:, 0], where[:, 1], shape, color=colour, markersize=points(size), markeredgecolor=GROUND,
              markeredgewidth=points(1.5), linestyle="none", zorder=3)  # fmt: skip


def _inner(where: Vector) -> Vector:
    """A zone's scenes without those far out, which would stretch its bounds over everything between."""
    distances = np.linalg.norm(where - np.median(where, axis=0), axis=1)
    return where[distances <= np.quantile(distances, _WITHIN)] if len(where) >= _MANY else where


def _hull(axes: Axes, where: Vector, colour: str) -> None:
    """A zone's bounds, drawn as if a thread were laid around its scenes."""
    from scipy.spatial import ConvexHull

    around = [
        (x + 34 * np.cos(turn), y + 34 * np.sin(turn))
        for x, y in where
        for turn in np.linspace(0, 2 * np.pi, 24)
    ]
    if len(where) == 1:
        axes.add_patch(
            Circle((float(where[0, 0]), float(where[0, 1])), 34, color=colour, alpha=0.16, zorder=1)
        )
    hull = np.array(around)[ConvexHull(around).vertices]
    axes.add_patch(Polygon(hull, closed=True, facecolor=colour, alpha=0.14, linewidth=0, zorder=1))
    axes.add_patch(
        Polygon(hull, closed=True, fill=False, edgecolor=colour, alpha=0.6, linewidth=points(3), zorder=1)
    )
