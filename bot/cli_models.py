"""``hyperbridge models``: which models there are, fetching them, checking them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from bot.terminal import Session, print_json
from models.catalog import HubSource, Model, catalog, find
from models.fetch import Verified, locate, pull, verify
from scene.errors import ModelError


@click.group("models")
def models_group() -> None:
    """List, fetch and check the models."""


@models_group.command("list")
@click.pass_obj
def list_models(session: Session) -> None:
    """Show every named model and whether it is on this machine."""
    rows = [_row(model, chosen=session.settings.model) for model in catalog().values()]
    if session.json:
        print_json(rows)
        return
    table = Table("", "model", "size", "lang", "licence", "from", "state", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            "▸" if row["chosen"] else "",
            row["id"],
            decimal(row["bytes"]),
            " ".join(row["languages"]),
            row["licence"],
            " ".join(source["kind"] for source in row["sources"]),
            row["state"],
        )
    Console().print(table)


@models_group.command("pull")
@click.argument("name", required=False)
@click.pass_obj
def pull_model(session: Session, name: str | None) -> None:
    """Fetch the model NAME (the chosen one without it) into the cache, and check its hash.

    A download that breaks off goes on at the next call.
    """
    model = _with_file(name or session.settings.model)
    with _bars(model) as bars:
        path = pull(model, bars)
    if session.json:
        print_json({"id": model.id, "path": str(path), "bytes": path.stat().st_size})
    else:
        click.echo(f"{model.id}: {path}")


@models_group.command("verify")
@click.argument("name", required=False)
@click.pass_obj
def verify_model(session: Session, name: str | None) -> None:
    """Hash the file of the model NAME again (of every fetched model without it)."""
    here = [model for model in catalog().values() if model.location.is_file()]
    chosen = [_with_file(name)] if name else here
    rows: list[dict[str, Any]] = []
    errors: list[ModelError] = []
    for model in chosen or [_with_file(session.settings.model)]:
        try:
            with _bars(model) as bars:
                rows.append(_verdict(verify(model, bars)))
        except ModelError as error:
            # The others are checked and shown all the same.
            errors.append(error)
            rows.append(_row_of_failure(model, error))
    if session.json:
        print_json(rows)
    else:
        for row in rows:
            click.echo(f"{'✓' if row['ok'] else '✗'} {row['id']}  sha256 {row['sha256']}  {row['path']}")
    if errors:
        raise errors[0]


def _with_file(name: str) -> Model:
    model = find(name)
    if model.server is not None:
        raise ModelError("server-has-no-file", url=model.server.url)
    return model


def _row(model: Model, chosen: str) -> dict[str, Any]:
    try:
        state = "ready" if locate(model) else "absent"
    except ModelError:
        state = "wrong"
    return {
        "id": model.id,
        "title": model.title,
        "chosen": model.id == chosen,
        "state": state,
        "languages": model.languages,
        "bytes": model.bytes,
        "licence": model.licence,
        "style": model.style,
        "context": model.context,
        "sha256": model.sha256,
        "path": str(model.location),
        "sources": [
            {"kind": "hub", "repo": source.repo, "file": source.file, "revision": source.revision}
            if isinstance(source, HubSource)
            else {
                "kind": "registry",
                "package": source.package,
                "version": source.version,
                "parts": source.parts,
            }
            for source in model.sources
        ],
    }


def _verdict(verified: Verified) -> dict[str, Any]:
    return {
        "id": verified.model.id,
        "ok": True,
        "path": str(verified.path),
        "bytes": verified.bytes,
        "sha256": verified.sha256,
        "expected": verified.model.sha256 or None,
    }


def _row_of_failure(model: Model, error: ModelError) -> dict[str, Any]:
    return {
        "id": model.id,
        "ok": False,
        "path": str(model.location),
        "bytes": None,
        "sha256": error.params.get("found"),
        "expected": model.sha256 or None,
    }


@dataclass
class _Drawn:
    """Draws a model's progress, a bar for the download and one for the check."""

    bars: Bars
    model: Model
    tasks: dict[bool, TaskID] = field(default_factory=dict)

    def __call__(self, done: int, total: int, what: str) -> None:
        checking = what == "sha256"
        if checking not in self.tasks:
            self.tasks[checking] = self.bars.add_task(self.model.id, total=total, what=what)
        self.bars.update(self.tasks[checking], completed=done, total=total, what=what)


@contextmanager
def _bars(model: Model) -> Iterator[_Drawn]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[what]}"),
    )
    # On stderr: stdout carries only the answer, which may be JSON.
    console = Console(stderr=True)
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield _Drawn(bars, model)
