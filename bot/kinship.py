"""What is told of scenes beside one another: the words under a picture say all that the picture shows."""

from __future__ import annotations

from collections.abc import Sequence

from bot.neighbourhood import Compared, MapView, ZoneView
from bot.split import size
from bot.texts import Texts
from scene.atoms import Scene
from scene.comparison import Pair
from scene.zone_names import SEPARATOR
from storage.recall import Hit

CAPTION = 1024
"""Longest caption (Bot API sendPhoto), counted in UTF-16 units, the stricter way."""

_CODES = 4  # of a zone's scenes that a list names
_SIGN = "◆"
_LONGEST = 60  # characters of a scene in the midst of a sentence


def shortened(scene: Scene) -> str:
    """A scene's word, cut where it would fill a message."""
    word = scene.mnemonic
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"


def alike(say: Texts, scene: Scene, hits: Sequence[Hit]) -> str:
    """Tell which scenes resonate with one."""
    if not hits:
        return say("similar-nothing", mnemonic=shortened(scene))
    lines = [
        say(
            "similar-line",
            code=hit.stored.code,
            mnemonic=shortened(hit.stored.scene),
            score=round(hit.score * 100),
        )
        for hit in hits
    ]
    return "\n".join([say("similar-found", mnemonic=shortened(scene)), *lines])


def listed(say: Texts, views: Sequence[ZoneView], total: int, lone: int) -> str:
    """Tell which zones there are."""
    if not views:
        return say("zones-none", count=total)
    lines = [say("zones-found", count=len(views)), *(_line(say, view) for view in views)]
    return "\n".join([*lines, *([f"{_SIGN} {say('zones-lone', count=lone)}"] if lone else [])])


def inside(say: Texts, code: str, view: ZoneView) -> str:
    """Tell which zone a scene lies in, and with which others."""
    head = say("zone-of", code=code, name=_name(say, view), count=view.size)
    lines = [say("zone-member", code=stored.code, mnemonic=shortened(stored.scene)) for stored in view.scenes]
    return "\n".join([head, *lines, *(["…"] if view.size > len(view.scenes) else [])])


def compared(say: Texts, what: Compared) -> str:
    """Tell what two scenes share."""
    a, b = what.code_a or shortened(what.a), what.code_b or shortened(what.b)
    if a == b:
        a, b = f"{a} (1)", f"{b} (2)"
    of = what.comparison
    lines = [
        say("compare-resonance", a=a, b=b, score=round(what.resonance * 100)),
        say("compare-shared", atoms=SEPARATOR.join(_pair(what, pair) for pair in of.shared))
        if of.shared
        else say("compare-nothing-shared"),
    ]
    for name, scene, positions in ((a, what.a, of.only_a), (b, what.b, of.only_b)):
        if positions:
            atoms = SEPARATOR.join(scene.atoms[i].text for i in positions)
            lines.append(say("compare-only", name=name, atoms=atoms))
    if of.order is not None:
        lines.append(_order(say, of.order))
    return "\n".join(lines)


def under_comparison(say: Texts, what: Compared) -> str:
    """The caption of the picture of two scenes."""
    a, b = what.code_a or shortened(what.a), what.code_b or shortened(what.b)
    return fitting([compared(say, what), say("compare-picture", a=a, b=b)])


def under_map(say: Texts, view: MapView) -> str:
    """The caption of a map: as many zones as fit, the largest first."""
    head = [say("map-caption", count=view.total)]
    if len(view.dots) < view.total:
        head.append(say("map-shown", shown=len(view.dots)))
    tail = [f"{_SIGN} {say('zones-lone', count=view.lone)}"] if view.lone else []
    lines = [_line(say, each) for each in view.zones]
    for shown in range(len(lines), -1, -1):
        more = [say("zones-more", count=len(lines) - shown)] if shown < len(lines) else []
        text = "\n".join([" ".join(head), *lines[:shown], *more, *tail])
        if size(text) <= CAPTION:
            return text
    return head[0]


def fitting(lines: Sequence[str]) -> str:
    """Lines as a caption, without the last that don't fit."""
    kept = list(lines)
    while len(kept) > 1 and size("\n".join(kept)) > CAPTION:
        kept.pop()
    return "\n".join(kept)


def _line(say: Texts, view: ZoneView) -> str:
    codes = ", ".join(stored.code for stored in view.scenes[:_CODES])
    more = "…" if view.size > _CODES else ""
    return say("zone-line", sign=_SIGN, name=_name(say, view), count=view.size, codes=f"{codes}{more}")


def _name(say: Texts, view: ZoneView) -> str:
    assert view.zone.name is not None  # only named zones are shown
    return view.zone.name.of(say.lang)


def _pair(what: Compared, pair: Pair) -> str:
    a, b = what.a.atoms[pair.a].text, what.b.atoms[pair.b].text
    return a if a == b else f"{a} = {b}"


def _order(say: Texts, order: float) -> str:
    if order == 1.0:
        return say("compare-order-same")
    if order == -1.0:
        return say("compare-order-reversed")
    return say("compare-order-mixed", order=f"{order:+.2f}")
