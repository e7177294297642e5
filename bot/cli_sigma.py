"""``hyperbridge sigma``: what the levels of precision hear in a text; and the oracle, trained."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.bridge import Bridge
from bot.terminal import Session, print_json
from models import catalog
from models.engine.machine import cores
from models.llama import Llama
from models.noise.alone import alone
from models.noise.instrument import DEFAULT_LEVELS
from models.sigma.results import Oracle, Sigma
from scene.atoms import Lang
from scene.choice import choose
from scene.errors import SceneError
from scene.forms import named
from storage.archive import COMMAND_LINE

if TYPE_CHECKING:
    from models.sigma.training import Trained
    from models.structure.passages import Passage

_CONTROLLED = ("Q8_0", "Q4_K_M", "Q2_K")
_TEXTS = 72


@click.command("sigma")
@click.argument("text", required=False)
@click.option("--form", help="narrative, essay, formula, poem, silence, emoji, metaphor or logic.")
@click.option("--lang", type=click.Choice(["ru", "en"]), help="For scenes without words.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="The same seed gives the same texts.")
@click.option("--levels", default=",".join(DEFAULT_LEVELS), show_default=True, help="Who listens.")
@click.option("--train", "training", is_flag=True, help="Train the model's oracles instead; takes minutes.")
@click.option(
    "--texts", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="With --train: JSON Lines of source, form, lang and text, instead of texts that the model writes.",
)  # fmt: skip
@click.pass_obj
def sigma(
    session: Session, text: str | None, form: str | None, lang: str | None, seed: int | None, levels: str,
    training: bool, texts: Path | None,
) -> None:  # fmt: skip
    """Show which words each level of precision hears in a text of the scene TEXT, and voice them."""
    names = [name.strip().upper() for name in levels.split(",") if name.strip()]
    if not names:
        raise click.BadParameter("no level", param_hint="--levels")
    if training:
        trained = session.run(lambda bridge: _train(session, bridge, names, texts))
        oracles = [each.oracle for each in trained.values()]
        if session.json:
            print_json({"oracles": [asdict(each) for each in oracles]})
        else:
            _print_oracles(oracles)
        return
    if not text:
        raise SceneError("scene-empty")
    asked = named(form) if form else None

    async def work(bridge: Bridge) -> Sigma:
        with session.working("Listening"):
            scene = await bridge.finder.scene(COMMAND_LINE, text)
            speaks = scene.lang if scene.lang is not Lang.EMOJI else Lang(lang) if lang else session.say.lang
            module = await bridge.models.sigma()
            chosen = choose(scene, asked=asked).form
            number = secrets.randbelow(2**31) if seed is None else seed
            return await module.hear(scene, chosen, speaks, seed=number, levels=names)

    found = session.run(work)
    if session.json:
        print_json(asdict(found))
    else:
        _print(session, found)


async def passages(session: Session, bridge: Bridge, count: int, file: Path | None) -> list[Passage]:
    """Texts to study noise in: a file's, or as many as asked for that the model writes."""
    from models.structure.passages import read_passages, write_passages

    ladder = bridge.models.ladder()
    path = await asyncio.to_thread(lambda: ladder.rung(ladder.source).path)
    with closing(await asyncio.to_thread(Llama, path, 0)) as llama:
        if file is not None:
            return await asyncio.to_thread(read_passages, file, llama, ladder.model)
        return await write_passages(await bridge.models.writer(), llama, count)


async def _train(
    session: Session, bridge: Bridge, levels: list[str], file: Path | None
) -> dict[str, Trained]:
    """Train oracles, and keep them in the cache."""
    # What learns takes a second to load, which every other command would wait for as well.
    from models.sigma import keeping
    from models.sigma.training import train

    with session.working("Training") as status:
        read = await passages(session, bridge, _TEXTS, file)

        def tell(done: int, total: int, what: str) -> None:
            status.update(f"{what} {done}/{total}…")

        def work() -> dict[str, Trained]:
            ladder = bridge.models.ladder()
            controlled = [name for name in _CONTROLLED if name in levels and name != ladder.source]
            return alone(lambda c: train(ladder, read, levels, controlled, threads(session), tell, c), _never)

        trained = await asyncio.to_thread(work)
        model = catalog.find(session.settings.model)
        await asyncio.to_thread(keeping.save, trained, model, keeping.path_of(model))
        return trained


def threads(session: Session) -> int:
    """CPU threads to measure with."""
    return session.settings.threads or cores()


def _never() -> bool:
    return False


def _print(session: Session, found: Sigma) -> None:
    say, console = session.say, Console()
    console.print(f"{escape(found.read)}\n")
    if not found.signal:
        click.echo(say("sigma-silent", levels=", ".join(found.levels)))
        return
    table = Table("place", "level", "heard", "reference", "KLD", "margin", box=None, pad_edge=False)
    for each in found.signal:
        heard, said = each.word or repr(each.token), each.reference_word or repr(each.reference_token)
        row = (str(each.position + 1), each.level, heard, said, f"{each.kld:.3g}", f"{each.margin:.3f}")
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
    if found.text is not None:
        click.echo(f"\n{', '.join(found.words)}\n\n{found.text}\n")
    for recognition in found.recognised:
        share = round(100 * recognition.probability)
        click.echo(say("sigma-recognised", level=recognition.level, guess=recognition.guess, percent=share))
    if found.oracle is not None:
        _print_oracles([found.oracle])


def _print_oracles(oracles: list[Oracle]) -> None:
    table = Table(
        "oracle", "texts", "accuracy", "chance", "p", "labels shuffled", "without strength",
        box=None, pad_edge=False,
    )  # fmt: skip
    for each in oracles:
        shares = (each.accuracy, each.chance, each.shuffled, each.strengthless)
        accuracy, chance, shuffled, strengthless = (f"{share:.1%}" for share in shares)
        row = (each.task, str(each.texts), accuracy, chance, f"{each.p_value:.3g}", shuffled, strengthless)
        table.add_row(*row)
    Console().print(table)
