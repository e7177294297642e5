"""What all pictures share: size, colours, and labels that never lie upon one another.

A telephone shows a picture about 400 pixels wide, so that letters are 30 pixels high on 1,080. The ground is
a light warm grey, which stands off from Telegram's white and from its dark alike. Colours are those of Okabe
and Ito, "Color Universal Design", 2008, which people with any colour vision tell apart; shapes say the same.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import regex
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, HPacker, OffsetBox, OffsetImage, TextArea, VPacker
from matplotlib.transforms import IdentityTransform

from bot.pictures.emoji import picture
from scene import emoji
from scene.atoms import Lang, Scene

WIDTH = 1_080
GROUND, INK, QUIET = "#f1efe9", "#20242a", "#6d7278"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#5d3a9b")
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "p")

LETTERS = 30  # pixels
_DPI = 100
_SPACES = regex.compile(r" +")
_LINE = 14  # letters of a label's line
_LINES = 2
_PICTURE = 1.5  # height of an emoji, in letters
_HALO = [patheffects.withStroke(linewidth=5, foreground=GROUND)]

# Where a label may lie beside its point, best first: directions, and distances in pixels.
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_DISTANCES = (25, 40, 62)

# Matplotlib keeps fonts and text layouts in caches that threads may not share.
_drawing = threading.Lock()

Box = tuple[float, float, float, float]


def draw(height: int, paint: Callable[[Figure, FigureCanvasAgg], None]) -> bytes:
    """Draw a picture.

    Args:
        height: In pixels; it is ``WIDTH`` wide.
        paint: Puts things into the figure.

    Returns:
        A PNG file.
    """
    with _drawing:
        figure = Figure(figsize=(WIDTH / _DPI, height / _DPI), dpi=_DPI, facecolor=GROUND)
        canvas = FigureCanvasAgg(figure)
        paint(figure, canvas)
        file = io.BytesIO()
        figure.savefig(file, format="png")
        return file.getvalue()


def points(pixels: float) -> float:
    """A size in pixels as matplotlib wants it."""
    return pixels * 72 / _DPI


def darker(colour: str) -> str:
    """A colour, dark enough for letters."""
    red, green, blue = to_rgb(colour)
    return to_hex((0.62 * red, 0.62 * green, 0.62 * blue))


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside a point.

    Attributes:
        lines: Its lines, each of words and emoji.
        at: The point, in pixels from the lower left.
        colour: Of its letters.
        bold: Whether they are bold.
        over: It may lie upon its point, where that is the middle of something larger.
    """

    lines: Sequence[Sequence[str]]
    at: tuple[float, float]
    colour: str = INK
    bold: bool = False
    over: bool = False


def lines_of(scene: Scene) -> list[list[str]]:
    """A scene in the lines of a label, broken between atoms; of more than two, the second ends in dots."""
    lines: list[list[str]] = [[]]
    for atom in scene.atoms:
        if lines[-1] and _letters([*lines[-1], atom.text]) > _LINE:
            lines.append([])
        lines[-1].append(atom.text)
    if len(lines) > _LINES:
        lines[_LINES - 1 :] = [[*lines[_LINES - 1], "…"]]
    return lines


def parts_of(text: str) -> list[str]:
    """A text as words and emoji."""
    parts: list[str] = []
    for cluster in emoji.clusters(text):
        if emoji.is_emoji(cluster) or not parts or emoji.is_emoji(parts[-1]):
            parts.append(cluster)
        else:
            parts[-1] += cluster
    return parts


def _letters(parts: Iterable[str]) -> int:
    return sum(2 if emoji.is_emoji(part) else len(part) for part in parts)


def packed(
    lines: Sequence[Sequence[str]], colour: str, lang: Lang, letters: int = LETTERS, bold: bool = False
) -> OffsetBox:
    """Lines of words and emoji as one thing that can be measured and put somewhere."""
    rows: list[Artist] = []
    for line in lines:
        parts: list[Artist] = []
        text = ""
        for part in line:
            pixels = picture(part, round(letters * _PICTURE)) if emoji.is_emoji(part) else None
            if pixels is None:
                # A name stands apart from its neighbours, a word is fused to them.
                text += f" {emoji.name(part, lang)} " if emoji.is_emoji(part) else part
                continue
            if text:
                parts.append(_words(text, colour, letters, bold, bool(parts)))
                text = ""
            parts.append(OffsetImage(pixels, zoom=72 / _DPI, interpolation="none", resample=False))
        if text.strip():
            parts.append(_words(text.rstrip(), colour, letters, bold, bool(parts)))
        rows.append(HPacker(children=parts, align="center", pad=0, sep=2))
    return VPacker(children=rows, align="center", pad=0, sep=1)


def _words(text: str, colour: str, letters: int, bold: bool, after: bool) -> TextArea:
    properties = {
        "color": colour,
        "size": points(letters),
        "family": "DejaVu Sans",  # comes with matplotlib, and has both alphabets
        "weight": "bold" if bold else "normal",
        "path_effects": _HALO,
    }
    return TextArea(_SPACES.sub(" ", text if after else text.lstrip()), textprops=properties)


def put(figure: Figure, box: OffsetBox, x: float, y: float, align: tuple[float, float]) -> None:
    """Put something into a picture.

    Args:
        figure: The picture.
        box: What :func:`packed` gave.
        x: Pixels from the left.
        y: Pixels from below.
        align: Which point of it lies there: (0, 0) is its lower left corner, (1, 1) the upper right one.
    """
    figure.add_artist(
        AnnotationBbox(
            box,
            (x, y),
            xycoords=IdentityTransform(),
            box_alignment=align,
            frameon=False,
            pad=0,
            annotation_clip=False,
        )
    )


def put_labels(
    figure: Figure,
    canvas: FigureCanvasAgg,
    labels: Sequence[Label],
    lang: Lang,
    within: Box,
    dots: Sequence[tuple[float, float]],
) -> int:
    """Put labels beside their points, those first that come first; one that fits nowhere is left out.

    Args:
        figure: The picture.
        canvas: Its canvas.
        labels: The labels.
        lang: In which language emoji are named that can't be drawn.
        within: Where labels may be: left, bottom, right, top in pixels.
        dots: Points that labels should not cover, in pixels.

    Returns:
        How many were put.
    """
    taken: list[Box] = []
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    for label in labels:
        box = packed(label.lines, label.colour, lang, bold=label.bold)
        box.set_figure(figure)
        extent = box.get_window_extent(renderer)
        places = [
            (0 if label.over else _covers(place, dots), rank, place)
            for rank, place in enumerate(_around(label, extent.width, extent.height))
            if _inside(place, within) and not any(_meet(place, other) for other in taken)
        ]
        if not places:
            continue
        _, _, (left, bottom, right, top) = min(places)
        taken.append((left, bottom, right, top))
        put(figure, packed(label.lines, label.colour, lang, bold=label.bold), left, bottom, (0, 0))
    return len(taken)


def _around(label: Label, width: float, height: float) -> Iterable[Box]:
    at = label.at
    if label.over:
        for up in (0, 1, -1, 2, -2):
            y = at[1] + up * height * 0.75
            yield at[0] - width / 2, y - height / 2, at[0] + width / 2, y + height / 2
    for distance in _DISTANCES:
        for right, up in _DIRECTIONS:
            x = at[0] + right * (distance + width / 2)
            # Beside a point, a label is as high as the point; above it, as far away as its own height asks.
            y = at[1] + up * (distance + height / 2)
            if right and up:
                x = at[0] + right * (distance * 0.5 + width / 2)
            yield x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _inside(box: Box, within: Box) -> bool:
    return box[0] >= within[0] and box[1] >= within[1] and box[2] <= within[2] and box[3] <= within[3]


def _meet(a: Box, b: Box) -> bool:
    gap = 4.0
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap


def _covers(box: Box, dots: Sequence[tuple[float, float]]) -> int:
    room = 11.0
    return sum(box[0] - room < x < box[2] + room and box[1] - room < y < box[3] + room for x, y in dots)
