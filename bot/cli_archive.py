"""``hyperbridge archive``: what is kept, taken out as lines of JSON, put back, and forgotten."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from bot.bridge import Bridge
from bot.terminal import Session, complain, print_json, printable
from models.embedder import signed_by
from scene import mark
from scene.errors import ArchiveError, HyperBridgeError, SceneError
from storage import exchange
from storage.archive import COMMAND_LINE, Archive
from storage.exchange import Entry, OwnWord, Restored

_BATCH = 200  # scenes restored in one transaction


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
                "forms": [rendering.form for rendering in archive.renderings(stored)],
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
@click.pass_obj
def export(session: Session, out: Path | None) -> None:
    """Write own words and scenes with their texts, a line of JSON each."""
    with Archive.open(session.settings.db) as archive:
        lines = archive.export(COMMAND_LINE)
        if out is None:
            for line in lines:
                print_json(line)
            return
        try:
            count = _write(out, lines)
        except OSError as error:
            raise ArchiveError("export-failed", path=str(out), reason=error.strerror or "") from error
    if session.json:
        print_json({"path": str(out), "lines": count})
    else:
        click.echo(session.say("export-done", count=count, path=str(out)))


@archive_group.command("import")
@click.argument("file", type=click.File("rb"))
@click.pass_obj
def import_lines(session: Session, file: IO[bytes]) -> None:
    """Take in lines of JSON from FILE, or from - (stdin): scenes get new numbers, nothing is kept twice.

    A line is what export writes, or as little as {"source": "снегволк"} or {"word": "снежнобог"}.
    """
    if asyncio.run(_import(session, file)):
        raise SystemExit(2)


@archive_group.command("forget")
@click.argument("code", nargs=-1, required=True)
@click.pass_obj
def forget(session: Session, code: tuple[str, ...]) -> None:
    """Remove scenes, each CODE as SCN-n, with their texts; their numbers are not given again."""
    say, failed = session.say, False
    with Archive.open(session.settings.db) as archive:
        for each in code:
            found = mark.read(each)
            if found and found.number and archive.forget(COMMAND_LINE, found.number):
                if session.json:
                    print_json({"code": mark.code(found.number), "forgotten": True})
                else:
                    click.echo(say("forgotten", code=mark.code(found.number)))
            else:
                failed = True
                complain(SceneError("scene-unknown-code", code=printable(each)[:40]))
    if failed:
        raise SystemExit(2)


@archive_group.command("stats")
@click.pass_obj
def stats(session: Session) -> None:
    """Count what is kept."""
    with Archive.open(session.settings.db) as archive:
        found = archive.stats(COMMAND_LINE)
        unsigned = archive.unsigned(COMMAND_LINE, signed_by(session.settings.embedder))
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


async def _import(session: Session, file: IO[bytes]) -> bool:
    """Take in all lines; whether some could not be."""
    bridge = Bridge(session.settings)
    failed, counts = False, {"scenes": 0, "renderings": 0, "words": 0}
    try:
        lines = enumerate(file, 1)
        while batch := list(itertools.islice(lines, _BATCH)):
            entries = []
            for number, found in await asyncio.to_thread(_take, bridge.archive, batch):
                if isinstance(found, HyperBridgeError):
                    failed = True
                    reason = session.say.error(found)
                    complain(ArchiveError("import-line", number=number, reason=reason))
                elif isinstance(found, Entry):
                    entries.append((number, found))
                else:
                    counts["words"] += found
            for (number, entry), restored in zip(entries, await _restore(bridge, entries), strict=True):
                counts["scenes"] += restored.new
                counts["renderings"] += restored.renderings
                _tell(session, number, entry, restored)
    finally:
        await bridge.close()
    if not session.json:
        click.echo(session.say("import-done", **counts))
    return failed


def _take(
    archive: Archive, batch: list[tuple[int, bytes]]
) -> list[tuple[int, Entry | bool | HyperBridgeError]]:
    """Read lines and teach their words: a scene, whether a word is new, or what is wrong with the line."""
    found: list[tuple[int, Entry | bool | HyperBridgeError]] = []
    own = archive.own_words(COMMAND_LINE)
    for number, line in batch:
        try:
            text = line.decode("utf-8-sig").strip()
            read = exchange.read(text, own) if text else None
        except UnicodeDecodeError:
            found.append((number, SceneError("scene-not-unicode")))
            continue
        except HyperBridgeError as error:
            found.append((number, error))
            continue
        if isinstance(read, OwnWord):
            try:
                found.append((number, archive.teach(COMMAND_LINE, read.word, read.created_at)))
            except ArchiveError as error:
                if error.key != "archive-words-full":
                    raise
                found.append((number, error))
            own = archive.own_words(COMMAND_LINE)
        elif read is not None:
            found.append((number, read))
    return found


async def _restore(bridge: Bridge, entries: list[tuple[int, Entry]]) -> list[Restored]:
    """Sign scenes and keep them, all or none."""
    if not entries:
        return []
    embedder = await bridge.embedder()

    def work() -> list[Restored]:
        signed = [
            replace(entry, signature=embedder.scene(entry.scene), embedder=embedder.name)
            for _, entry in entries
        ]
        return bridge.archive.restore(COMMAND_LINE, signed)

    return await asyncio.to_thread(work)


def _tell(session: Session, number: int, entry: Entry, restored: Restored) -> None:
    if session.json:
        row = {"line": number, "code": restored.stored.code, "was": entry.code or None, "new": restored.new}
        print_json(row | {"mnemonic": restored.stored.scene.mnemonic, "renderings": restored.renderings})
    elif entry.code and entry.code != restored.stored.code:
        click.echo(f"{entry.code} → {restored.stored.code}  {restored.stored.scene.mnemonic}")


def _write(path: Path, lines: Iterator[dict[str, Any]]) -> int:
    """Write a file whole or not at all; how many lines it has."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            count = 0
            for count, line in enumerate(lines, 1):  # noqa: B007
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count
