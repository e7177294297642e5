"""``hyperbridge models build``: one model at several levels of precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from bot.terminal import Session, print_json
from models.catalog import find
from models.ladder import Ladder, Rung, level
from models.ladder.ladder import GB
from models.ladder.levels import USUAL
from models.partial import Progress


@click.command("build")
@click.argument("name", required=False)
@click.option("--levels", help="llama.cpp's names, with commas between: BF16,Q4_K_M,IQ3_XXS.")
@click.option("--list", "only_list", is_flag=True, help="Show what is there, and build nothing.")
@click.option("--clear", is_flag=True, help="Delete what was built.")
@click.pass_obj
def build(session: Session, name: str | None, levels: str | None, only_list: bool, clear: bool) -> None:
    """Build the model NAME (the chosen one without it) at several levels of precision.

    Without --levels: what levels are measured against, and the usual seven. What is there already is not
    built again; what was built stays when the rest is broken off.
    """
    if (levels is not None) + only_list + clear > 1:
        raise click.UsageError("--levels, --list and --clear exclude one another.")
    ladder = Ladder(find(name or session.settings.model), budget=session.settings.ladder_budget)
    if clear:
        _clear(session, ladder)
        return
    if only_list:
        rungs = sorted([ladder.rung(ladder.source), *ladder.built()], key=lambda rung: -rung.bits_per_weight)
    else:
        rungs = _build(ladder, _names(ladder, levels))
    _show(session, ladder, rungs)


def _names(ladder: Ladder, levels: str | None) -> list[str]:
    """The levels to build, each a known one, before the first is begun."""
    if levels is None:
        return list(dict.fromkeys((ladder.reference, *USUAL)))
    names = dict.fromkeys(name.strip().upper() for name in levels.split(","))
    return [name if name == ladder.source else level(name).name for name in names]


def _build(ladder: Ladder, names: list[str]) -> list[Rung]:
    with _bars() as progress:
        return [ladder.rung(name, progress) for name in names]


def _clear(session: Session, ladder: Ladder) -> None:
    freed = ladder.clear()
    if session.json:
        print_json({"model": ladder.model.id, "freed": freed})
    else:
        click.echo(session.say("ladder-cleared", freed=round(freed / GB, 2)))


def _show(session: Session, ladder: Ladder, rungs: list[Rung]) -> None:
    if session.json:
        print_json(_as_json(ladder, rungs))
        return
    table = Table("level", "size", "bits/weight", "seconds", "sha256", box=None, pad_edge=False)
    for column in table.columns[1:4]:
        column.justify = "right"
    for rung in rungs:
        seconds = f"{rung.seconds:.1f}" if rung.seconds else "–"
        table.add_row(
            rung.level, decimal(rung.bytes), f"{rung.bits_per_weight:.2f}", seconds, rung.sha256[:12]
        )
    Console().print(table)
    key = "ladder-real" if ladder.reference == ladder.source else "ladder-dequantized"
    click.echo(session.say(key, reference=ladder.reference, source=ladder.source))
    used, budget = round(ladder.shelf.used() / GB, 2), round(ladder.shelf.budget / GB, 2)
    click.echo(session.say("ladder-used", used=used, budget=budget, folder=str(ladder.shelf.folder)))


def _as_json(ladder: Ladder, rungs: list[Rung]) -> dict[str, Any]:
    return {
        "model": ladder.model.id,
        "source": ladder.source,
        "reference": ladder.reference,
        "folder": str(ladder.folder),
        "used": ladder.shelf.used(),
        "budget": ladder.shelf.budget,
        "levels": [{**asdict(rung), "path": str(rung.path)} for rung in rungs],
    }


@contextmanager
def _bars() -> Iterator[Progress]:
    """A bar for each level, and for each other thing that takes time, on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:

        def draw(done: int, total: int, what: str) -> None:
            if what not in tasks or bars.tasks[tasks[what]].finished:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield draw
