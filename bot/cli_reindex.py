"""``hyperbridge archive reindex``: signatures by the embedder that is in use now, for all kept scenes."""

from __future__ import annotations

from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.terminal import Session, print_json
from models.embedder import Embedder, signed_by
from storage.archive import Archive

_BATCH = 64  # scenes signed in one transaction: what an interruption may cost
_INTERRUPTED = 130  # how a shell names a command that Ctrl-C ended


@click.command("reindex")
@click.pass_obj
def reindex(session: Session) -> None:
    """Make the signatures that the embedder in use has not made yet, for every chat's scenes.

    It may be interrupted at any time and goes on where it was at the next call. Signatures by other
    embedders stay, so that going back to one costs nothing.
    """
    console = Console(stderr=True)
    chosen = session.settings.embedder
    name = signed_by(chosen)
    with Archive.open(session.settings.db) as archive:
        left = archive.signing.unsigned(None, name)
        columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        quiet = session.json or not console.is_terminal
        with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
            task = bar.add_task("", total=left)
            signed, whole = sign(
                archive, name, lambda: Embedder(chosen), lambda count: bar.update(task, completed=count)
            )
        left = archive.signing.unsigned(None, name)
    if session.json:
        print_json({"embedder": name, "signed": signed, "left": left})
    else:
        key = "reindex-done" if whole else "reindex-stopped"
        click.echo(session.say(key, count=signed, embedder=name, left=left))
    if not whole:
        raise SystemExit(_INTERRUPTED)


def sign(
    archive: Archive, name: str, load: Callable[[], Embedder], tell: Callable[[int], None]
) -> tuple[int, bool]:
    """Sign every scene that needs it, and bring the indexes of large archives up to date.

    Args:
        archive: Whose scenes.
        name: What the archive calls the embedder's signatures.
        load: Loads the embedder, which takes seconds: called only if there is a scene to sign.
        tell: Hears how many scenes have been signed so far.

    Returns:
        How many scenes were signed, and whether nothing (Ctrl-C) stopped it.

    Raises:
        ArchiveError: The archive can't be read or written.
        ModelError: ``embedder-load-failed``.
    """
    signed, last = 0, 0
    try:
        embedder = None
        while found := archive.signing.next_unsigned(name, last, _BATCH):
            embedder = embedder or load()
            signed += archive.signing.sign([(stored, embedder.scene(stored.scene)) for stored in found], name)
            last = found[-1].id
            tell(signed)
        archive.signing.renew_indexes(name)
    except KeyboardInterrupt:
        return signed, False
    return signed, True
