"""``hyperbridge teach`` and ``unteach``: a person's own words on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from bot import own_words
from bot.own_words import Lesson
from bot.terminal import Session, complain, print_json
from bot.texts import Texts
from scene.errors import HyperBridgeError
from storage.archive import COMMAND_LINE, Archive


@click.command("teach")
@click.argument("word", nargs=-1)
@click.pass_obj
def teach(session: Session, word: tuple[str, ...]) -> None:
    """Teach words of your own, which scenes are then read with. Without a WORD, list them."""
    if word:
        _each(session, word, own_words.teach, own_words.taught)
        return
    words = known(session.settings.db)
    if session.json:
        print_json({"words": sorted(words)})
    else:
        click.echo(own_words.listed(session.say, words))


@click.command("unteach")
@click.argument("word", nargs=-1, required=True)
@click.pass_obj
def unteach(session: Session, word: tuple[str, ...]) -> None:
    """Take words of your own back."""
    _each(session, word, own_words.unteach, own_words.untaught)


def known(path: Path) -> frozenset[str]:
    """The command line's own words; none where there is no archive yet, and none is made."""
    if not path.exists():
        return frozenset()
    with Archive.open(path) as archive:
        return archive.own_words.of(COMMAND_LINE)


def _each(
    session: Session,
    words: tuple[str, ...],
    do: Callable[[Archive, int, str], Lesson],
    tell: Callable[[Texts, Lesson], str],
) -> None:
    """Do it to each word; a bad one doesn't keep the others from it."""
    say = session.say
    failed = False
    with Archive.open(session.settings.db) as archive:
        for word in words:
            try:
                lesson = do(archive, COMMAND_LINE, word)
            except HyperBridgeError as error:
                failed = True
                complain(error)
                continue
            if session.json:
                atoms = [atom.text for atom in lesson.example.atoms]
                row = {"word": lesson.word, "changed": lesson.changed}
                example = {"source": lesson.example.source, "atoms": atoms}
                print_json(row | {"example": example})
            else:
                click.echo(tell(say, lesson))
    if failed:
        raise SystemExit(2)
