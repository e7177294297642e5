"""``hyperbridge archive backup`` and ``restore``: the whole archive, everybody's, in one file."""

from __future__ import annotations

from pathlib import Path

import click
from rich.filesize import decimal

from bot.terminal import Session, print_json
from storage.backup import backup as make_backup
from storage.backup import restore as put_back


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """Copy the whole archive to FILE, while the bot may go on using it."""
    size = make_backup(session.settings.db, file)
    if session.json:
        print_json({"path": str(file), "bytes": size})
    else:
        click.echo(session.say("backup-done", path=str(file), size=decimal(size)))


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def restore(session: Session, file: Path) -> None:
    """Put the copy in FILE in the archive's place, when the bot is stopped; what was there is kept."""
    old = put_back(file, session.settings.db)
    if session.json:
        print_json({"path": str(session.settings.db), "old": str(old) if old else None})
    else:
        path = str(session.settings.db)
        click.echo(session.say("restore-done", path=path))
        if old:
            click.echo(session.say("restore-old", path=str(old)))


COMMANDS = (backup, restore)
