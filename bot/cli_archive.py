"""``hyperbridge archive``: what is kept, taken out as lines of JSON, put back, and forgotten."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from bot import page
from bot.bridge import Bridge
from bot.intake import Taken, take_in
from bot.terminal import Session, as_json, complain, print_json, printable
from models.embedder import signed_by
from scene import mark
from scene.errors import ArchiveError, HyperBridgeError, SceneError
from storage import exchange
from storage.archive import COMMAND_LINE, Archive
from storage.exchange import Restored


@click.group("archive")
def archive_group() -> None:
    """List, export, import, reindex and forget kept scenes."""


@archive_group.command("list")
@click.option("-n", "count", type=click.IntRange(1), default=20, show_default=True, help="Most scenes.")
@click.pass_obj
def list_scenes(session: Session, count: int) -> None:
    """Show the newest scenes."""
    with Archive.open(session.settings.db) as archive:
        rows: list[dict[str, Any]] = [
            {
                "code": stored.code,
                "source": stored.scene.source,
                "mnemonic": stored.scene.mnemonic,
                "lang": stored.scene.lang,
                "kind": stored.scene.kind,
                "created_at": stored.created_at.isoformat(timespec="seconds"),
                "forms": [rendering.form for rendering in archive.renderings.of(stored)],
            }
            for stored in archive.scenes(COMMAND_LINE, count)
        ]
    if session.json:
        for row in rows:
            print_json(row)
        return
    table = Table("code", "scene", "kind", "texts", "kept", box=None, pad_edge=False)
    for row in rows:
        forms = ", ".join(dict.fromkeys(row["forms"]))
        table.add_row(row["code"], row["mnemonic"], row["kind"].value, forms, row["created_at"][:10])
    Console().print(table)


@archive_group.command("export")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of stdout.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="A page to be read.")
@click.pass_obj
def export(session: Session, out: Path | None, html: Path | None) -> None:
    """Write own words and scenes with their texts, a line of JSON each; with --html, a page to be read."""
    with Archive.open(session.settings.db) as archive:
        if out is None and html is None:
            for line in archive.export(COMMAND_LINE):
                print_json(line)
            return
        if out is not None:
            _write(session, out, (f"{as_json(line)}\n" for line in archive.export(COMMAND_LINE)))
        if html is not None:
            _write(session, html, page.pieces(session.say, archive.export(COMMAND_LINE)))


@archive_group.command("import")
@click.argument("file", type=click.File("rb"))
@click.pass_obj
def import_lines(session: Session, file: IO[bytes]) -> None:
    """Take in lines of JSON from FILE, or from - (stdin): scenes get new numbers, nothing is kept twice.

    A line is what export writes, or as little as {"source": "снегволк"} or {"word": "снежнобог"}.
    """
    if session.run(lambda bridge: _import(session, bridge, file)):
        raise SystemExit(2)


@archive_group.command("forget")
@click.argument("code", nargs=-1, required=True)
@click.pass_obj
def forget(session: Session, code: tuple[str, ...]) -> None:
    """Remove scenes, each CODE as SCN-n or any mark, with their texts; numbers are not given again."""
    named = [(each, mark.read(each)) for each in code]
    with Archive.open(session.settings.db) as archive:
        found = [(each, archive.by_mark(COMMAND_LINE, read) if read else None) for each, read in named]
        gone = archive.forget(COMMAND_LINE, *(stored.number for _, stored in found if stored))
    for number in gone:
        if session.json:
            print_json({"code": mark.code(number), "forgotten": True})
        else:
            click.echo(session.say("forgotten", code=mark.code(number)))
    unknown = [each for each, stored in found if stored is None or stored.number not in gone]
    for each in unknown:
        complain(SceneError("scene-unknown-code", code=printable(each)[:40]))
    if unknown:
        raise SystemExit(2)


@archive_group.command("stats")
@click.pass_obj
def stats(session: Session) -> None:
    """Count what is kept."""
    with Archive.open(session.settings.db) as archive:
        found = archive.figures.stats(COMMAND_LINE)
        unsigned = archive.signing.unsigned(COMMAND_LINE, signed_by(session.settings.embedder))
    if session.json:
        print_json(asdict(found) | {"unsigned": unsigned})
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name in ("scenes", "atoms", "renderings", "words"):
        table.add_row(name, str(getattr(found, name)))
    for embedder, count in found.signatures.items():
        table.add_row("signatures", f"{count} ({embedder})")
    table.add_row("file", decimal(found.bytes))
    Console().print(table)
    if unsigned:
        click.echo(session.say("archive-unsigned", count=unsigned))


async def _import(session: Session, bridge: Bridge, file: IO[bytes]) -> bool:
    """Take in all lines; whether some could not be."""
    failed, counts = False, {"scenes": 0, "renderings": 0, "words": 0}
    async for taken in take_in(bridge, COMMAND_LINE, exchange.lines_of(file)):
        if isinstance(taken.outcome, HyperBridgeError):
            failed = True
            complain(ArchiveError("import-line", number=taken.line, reason=session.say.error(taken.outcome)))
        elif isinstance(taken.outcome, Restored):
            counts["scenes"] += taken.outcome.new
            counts["renderings"] += taken.outcome.renderings
            _tell(session, taken, taken.outcome)
        else:
            counts["words"] += taken.outcome
    if not session.json:
        click.echo(session.say("import-done", **counts))
    return failed


def _tell(session: Session, taken: Taken, restored: Restored) -> None:
    if session.json:
        row = {
            "line": taken.line,
            "code": restored.stored.code,
            "was": taken.was or None,
            "new": restored.new,
        }
        print_json(row | {"mnemonic": restored.stored.scene.mnemonic, "renderings": restored.renderings})
    elif taken.was and taken.was != restored.stored.code:
        click.echo(f"{taken.was} → {restored.stored.code}  {restored.stored.scene.mnemonic}")


def _write(session: Session, path: Path, pieces: Iterator[str]) -> None:
    """Write a file whole or not at all, and say how many lines it has.

    Raises:
        ArchiveError: ``export-failed``.
    """
    count = 0
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with open(handle, "w", encoding="utf-8") as file:
                for piece in pieces:
                    count += piece.count("\n")
                    file.write(piece)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ArchiveError("export-failed", path=str(path), reason=error.strerror or "") from error
    if session.json:
        print_json({"path": str(path), "lines": count})
    else:
        click.echo(session.say("export-done", count=count, path=str(path)))
