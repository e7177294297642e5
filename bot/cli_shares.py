"""``hyperbridge archive share`` and what belongs to it: links by which others copy a scene."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from bot.terminal import Session, print_json, printable
from scene import mark
from scene.errors import SceneError
from storage.archive import COMMAND_LINE, Archive


def _number(archive: Archive, code: str) -> int:
    found = mark.read(code)
    stored = archive.by_mark(COMMAND_LINE, found) if found else None
    if stored is None:
        raise SceneError("scene-unknown-code", code=printable(code)[:40])
    return stored.number


@click.command("share")
@click.argument("code")
@click.pass_obj
def share(session: Session, code: str) -> None:
    """Make a link to the scene CODE (SCN-n, or any mark): sent to the bot, it puts a copy into that chat."""
    with Archive.open(session.settings.db) as archive:
        number = _number(archive, code)
        token = archive.shares.open(COMMAND_LINE, number)
    if session.json:
        print_json({"code": mark.code(number), "token": token})
    else:
        click.echo(f"/start {token}")


@click.command("shares")
@click.pass_obj
def shares(session: Session) -> None:
    """Show the scenes with open links."""
    with Archive.open(session.settings.db) as archive:
        found = archive.shares.of(COMMAND_LINE)
    if session.json:
        for each in found:
            row = {"code": each.stored.code, "mnemonic": each.stored.scene.mnemonic, "links": each.links}
            print_json(row | {"since": each.since.isoformat(timespec="seconds")})
        return
    table = Table("code", "scene", "links", "since", box=None, pad_edge=False)
    for each in found:
        since = each.since.isoformat()[:10]
        table.add_row(each.stored.code, each.stored.scene.mnemonic, str(each.links), since)
    Console().print(table)


@click.command("unshare")
@click.argument("code")
@click.pass_obj
def unshare(session: Session, code: str) -> None:
    """Close all links to the scene CODE (SCN-n, or any mark)."""
    with Archive.open(session.settings.db) as archive:
        number = _number(archive, code)
        closed = archive.shares.close(COMMAND_LINE, number)
    if session.json:
        print_json({"code": mark.code(number), "closed": closed})
    else:
        click.echo(session.say("unshared", code=mark.code(number), count=closed))


COMMANDS = (share, shares, unshare)
