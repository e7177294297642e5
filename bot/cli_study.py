"""``hyperbridge study``: whether noise is random, tested anew for a model with one command."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from bot.bridge import Bridge
from bot.cli_sigma import passages, threads
from bot.terminal import Session, as_json, print_json
from bot.texts import Texts
from models.noise.instrument import DEFAULT_LEVELS

if TYPE_CHECKING:
    from models.structure.study import Study


@click.command("study")
@click.option("--levels", default=",".join(DEFAULT_LEVELS), show_default=True, help="Levels to study.")
@click.option("--seeds", type=click.IntRange(2, 100), default=5, show_default=True, help="Controls of each.")
@click.option("--count", type=click.IntRange(2, 72), default=8, show_default=True, help="Texts to read.")
@click.option(
    "--texts", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON Lines of source, form, lang and text: the first of these, instead of texts the model writes.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the report."
)
@click.pass_obj
def study_noise(session: Session, levels: str, seeds: int, count: int, texts: Path | None, out: Path) -> None:
    """Test whether the noise of a model's levels is random; writes study.json and pictures."""
    names = list(dict.fromkeys(name.strip().upper() for name in levels.split(",") if name.strip()))
    if not names:
        raise click.BadParameter("no level", param_hint="--levels")
    out.mkdir(parents=True, exist_ok=True)

    async def work(bridge: Bridge) -> Study:
        with session.working("Studying") as status:
            read = (await passages(session, bridge, count, texts))[:count]

            def tell(done: int, total: int, what: str) -> None:
                status.update(f"{what} {done}/{total}…")

            from models.structure.study import study

            return await asyncio.to_thread(
                study, bridge.models.ladder(), read, names, seeds, threads(session), tell
            )

    found = session.run(work)
    record = study_json(found, session.say)
    (out / "study.json").write_text(as_json(record), encoding="utf-8")
    from bot.pictures.study import draw_study

    for name, png in draw_study(found).items():
        (out / f"{name}.png").write_bytes(png)
    if session.json:
        print_json(record)
    else:
        _print(found, session.say, out)


def verdicts(found: Study, say: Texts) -> dict[str, str]:
    """What the study says of each claim, in words."""
    return {
        claim.name: say(
            f"study-{claim.name}-{'yes' if claim.holds else 'no'}",
            differing=claim.differing,
            comparisons=claim.comparisons,
        )
        for claim in found.claims
        if claim.comparisons
    }


def study_json(found: Study, say: Texts) -> dict[str, Any]:
    """The study as JSON has it."""
    record = asdict(found)
    between = [{"one": one, "two": two, "error": r} for (one, two), r in found.weights.between.items()]
    record["weights"]["between"] = between
    spoken = verdicts(found, say)
    record["claims"] = [
        {**asdict(claim), "holds": claim.holds, "verdict": spoken.get(claim.name)} for claim in found.claims
    ]
    return record


def _print(found: Study, say: Texts, out: Path) -> None:
    table = Table("level", "KLD", "its weights alone", "control", "95 %", "p", box=None, pad_edge=False)
    for each in found.against:
        if each.measure == "kld":
            mean = sum(each.draws) / len(each.draws)
            row = (f"{each.value:.4g}", f"{each.weights:.4g}", f"{mean:.4g}")
            table.add_row(each.level, *row, f"{each.low:.4g} to {each.high:.4g}", f"{each.p_value:.2g}")
    Console().print(table)
    for sentence in verdicts(found, say).values():
        click.echo(f"\n{sentence}")
    for name in found.exact:
        click.echo(f"\n{say('study-exact', level=name)}")
    click.echo(f"\n{say('study-done', path=str(out), seconds=round(found.seconds))}")
