"""What every command needs: the session, and ways of talking to a person or a script."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.status import Status

from bot.bridge import Bridge
from bot.settings import Settings
from bot.texts import Texts, machine_lang, texts
from scene.errors import ArchiveError, HyperBridgeError, SceneError

Result = TypeVar("Result")


@dataclass(slots=True)
class Session:
    """What the global options say; ``ctx.obj`` of every command."""

    settings: Settings
    json: bool

    @property
    def say(self) -> Texts:
        """The texts of this machine's language."""
        return texts(machine_lang())

    def run(self, work: Callable[[Bridge], Awaitable[Result]]) -> Result:
        """Do work with a bridge, which is closed afterwards."""

        async def whole() -> Result:
            bridge = Bridge(self.settings)
            try:
                return await work(bridge)
            finally:
                await bridge.close()

        return asyncio.run(whole())

    def working(self, what: str) -> Status:
        """A spinner on stderr for a person who waits."""
        return Console(stderr=True, quiet=self.json or not sys.stderr.isatty()).status(f"{what}…")


def lines_of(given: tuple[str, ...]) -> Iterator[str]:
    """The texts given, or the lines of stdin for ``-``.

    Raises:
        SceneError: ``scene-not-unicode`` for bytes that are not UTF-8; lines before them have been given.
    """
    if given != ("-",):
        yield from given
        return
    for line in sys.stdin.buffer:
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise SceneError("scene-not-unicode") from None


def as_json(value: object) -> str:
    """One line of JSON, with letters as they are."""
    return json.dumps(value, ensure_ascii=False)


def print_json(value: object) -> None:
    """One line of JSON on stdout."""
    click.echo(as_json(value))


def write_picture(path: Path, png: bytes) -> None:
    """Write a picture where a person wants it.

    Raises:
        ArchiveError: ``picture-failed``.
    """
    try:
        path.write_bytes(png)
    except OSError as error:
        raise ArchiveError("picture-failed", path=str(path), reason=error.strerror or "") from error


def aside(text: str) -> None:
    """A remark for a person, not for a pipe."""
    if sys.stderr.isatty():
        click.echo(click.style(text, dim=True), err=True)


def complain(error: HyperBridgeError) -> None:
    """One line on stderr, in this machine's language."""
    click.echo(f"hyperbridge: {texts(machine_lang()).error(error)}", err=True)


def printable(text: str) -> str:
    """A text as any stream can take it: an argument may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
