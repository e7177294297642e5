"""``hyperbridge compare``, ``archive zones``, ``archive map`` and ``archive versions``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bot import kinship, versions
from bot.bridge import Bridge
from bot.neighbourhood import Compared, Neighbourhood
from bot.terminal import Session, print_json, write_picture
from scene import mark
from storage.archive import COMMAND_LINE
from storage.records import Rendering, StoredScene

_PLACES = 4  # decimals


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="A PNG of both paths.")
@click.pass_obj
def compare(session: Session, a: str, b: str, plot: Path | None) -> None:
    """Lay two scenes beside one another. A and B are scenes, codes (SCN-n) or texts with their mark."""

    async def work(bridge: Bridge) -> Compared:
        with session.working("Comparing"):
            return await Neighbourhood(bridge).compare(COMMAND_LINE, a, b)

    compared = session.run(work)
    if plot is not None:
        from bot.pictures.trajectories import draw_trajectories

        write_picture(plot, draw_trajectories(compared, session.say))
    if session.json:
        print_json(_compared_json(compared))
    else:
        click.echo(kinship.compared(session.say, compared))


@click.command("zones")
@click.pass_obj
def zones(session: Session) -> None:
    """Show the neighbourhoods of kept scenes."""

    async def work(bridge: Bridge) -> None:
        with session.working("Looking for zones"):
            views, zoning = await Neighbourhood(bridge).zones(COMMAND_LINE)
        if not session.json:
            lone = sum(place.zone is None for place in zoning.places.values())
            click.echo(kinship.listed(session.say, views, len(zoning.places), lone))
            return
        for view in views:
            members = [s.code for s in bridge.archive.by_ids(COMMAND_LINE, zoning.members(view.zone.number))]
            assert view.zone.name is not None
            print_json(
                {
                    "zone": view.zone.number,
                    "name": view.zone.name.of(session.say.lang),
                    "names": {"ru": view.zone.name.ru, "en": view.zone.name.en},
                    "size": view.size,
                    "codes": members,
                    "nearest": [stored.code for stored in view.scenes],
                    "created_at": view.zone.created_at.isoformat(timespec="seconds"),
                }
            )

    session.run(work)


@click.command("map")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PNG file.")
@click.pass_obj
def draw(session: Session, out: Path) -> None:
    """Draw kept scenes on a plane: those that resonate lie near."""

    async def work(bridge: Bridge) -> None:
        with session.working("Drawing"):
            view = await Neighbourhood(bridge).map(COMMAND_LINE)
            from bot.pictures.map import draw_map

            write_picture(out, draw_map(view, session.say))
        if session.json:
            print_json(
                {"path": str(out), "scenes": view.total, "drawn": len(view.dots), "zones": len(view.zones)}
            )
        else:
            click.echo(session.say("map-done", path=str(out), count=view.total, zones=len(view.zones)))

    session.run(work)


@click.command("versions")
@click.argument("code")
@click.argument("number", type=click.IntRange(1), required=False)
@click.pass_obj
def show_versions(session: Session, code: str, number: int | None) -> None:
    """Show the texts of the scene with this CODE (SCN-n), or the one of this NUMBER with its mark."""

    async def work(bridge: Bridge) -> tuple[StoredScene, list[Rendering], mark.Strength]:
        return *await versions.kept_versions(bridge, COMMAND_LINE, code), await bridge.strength(COMMAND_LINE)

    stored, kept, strength = session.run(work)
    chosen = [(number, versions.version(stored, kept, number))] if number else list(enumerate(kept, 1))
    if session.json:
        for each, rendering in chosen:
            row: dict[str, Any] = {"code": stored.code, "version": each, "form": rendering.form}
            row |= {"persona": rendering.persona or None, "lang": rendering.lang, "model": rendering.model}
            row |= {"seed": rendering.seed, "resonance": rendering.resonance, "coverage": rendering.coverage}
            row |= {"created_at": rendering.created_at.isoformat(timespec="seconds"), "text": rendering.text}
            print_json(row)
        return
    if number:
        click.echo(mark.seal(chosen[0][1].text, stored.scene.mnemonic, stored.number, strength))
        return
    if not kept:
        click.echo(session.say("versions-none", code=stored.code, mnemonic=stored.scene.mnemonic))
        return
    table = Table(
        "version", "form", "persona", "model", "seed", "resonance", "written", box=None, pad_edge=False
    )
    for each, rendering in chosen:
        resonance = "" if rendering.resonance is None else f"{rendering.resonance:.2f}"
        written = f"{rendering.created_at:%Y-%m-%d %H:%M}"
        row_ = (
            str(each),
            rendering.form,
            rendering.persona,
            rendering.model,
            str(rendering.seed),
            resonance,
            written,
        )
        table.add_row(*row_)
    Console().print(table)


def _compared_json(compared: Compared) -> dict[str, Any]:
    a, b, of = compared.a, compared.b, compared.comparison
    return {
        "a": {"code": compared.code_a, "mnemonic": a.mnemonic},
        "b": {"code": compared.code_b, "mnemonic": b.mnemonic},
        "resonance": round(compared.resonance, _PLACES),
        "shared": [a.atoms[pair.a].text for pair in of.shared],
        "only_a": [a.atoms[i].text for i in of.only_a],
        "only_b": [b.atoms[i].text for i in of.only_b],
        "order": None if of.order is None else round(of.order, _PLACES),
        "pairs": [
            {
                "a": a.atoms[pair.a].text,
                "b": b.atoms[pair.b].text,
                "position_a": pair.a,
                "position_b": pair.b,
                "how": pair.how,
                "score": round(pair.score, _PLACES),
            }
            for pair in of.shared
        ],
    }
