"""An export as a page to be read: one HTML file with nothing outside of itself, in light and dark."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Any

from jinja2 import Environment, PackageLoader

from bot.texts import Texts
from scene import mark
from scene.forms import Form, voice


def pieces(say: Texts, lines: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Write an export as a page.

    Args:
        say: The language of the page's own words.
        lines: What ``Archive.export`` gives: own words first, then scenes by number.

    Yields:
        The page, piece by piece: an archive may be larger than memory.
    """
    rest = iter(lines)
    words, scenes = [], []
    for line in rest:
        if "word" not in line:
            scenes.append(line)
            break
        words.append(line["word"])
    template = _environment().get_template("page.html.jinja")
    yield from template.generate(
        say=say,
        words=words,
        days=_by_day(chain(scenes, rest)),
        form=lambda name: voice(Form(name), say.lang).title,
    )


@functools.cache
def _environment() -> Environment:
    # Everything in a page was written by people and models: nothing of it is markup.
    return Environment(
        loader=PackageLoader("bot", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


def _by_day(scenes: Iterable[dict[str, Any]]) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """Scenes by number, under the day they were kept on; after a clock was put back, a day may come twice."""
    for day, group in groupby(scenes, key=lambda line: line["created_at"][:10]):
        yield day, (line | {"mark": _mark(line)} for line in group)


def _mark(line: dict[str, Any]) -> str:
    found = mark.read(line["code"])
    return mark.write(line["mnemonic"], found.number if found else None)
