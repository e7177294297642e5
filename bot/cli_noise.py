"""``hyperbridge noise``: what precision does to one text, or to the texts of a file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from bot import measured, noise_texts
from bot.bridge import Bridge
from bot.measuring import Run
from bot.noise_texts import short
from bot.terminal import Session, print_json, write_picture
from bot.waiting import what
from models.noise import document
from models.noise.corpus import measure_corpus
from models.noise.instrument import DEFAULT_LEVELS
from models.noise.results import CorpusLevel, CorpusNoise, LevelNoise, Noise
from models.noise.run import known
from models.personas import personas
from scene.atoms import Lang
from scene.errors import ModelError, SceneError
from scene.forms import named
from storage.archive import COMMAND_LINE
from storage.noise import Measurement, StoredMeasurement

Result = TypeVar("Result")
_LOOK = 0.2  # seconds between looks at how far a measurement is
_HEAD = ("level", "size", "bits", "KLD", "median", "99 %", "max", "same top", "RMS Δp", "PPL")
_WIDTH = 100  # of the table


@click.command("noise")
@click.argument("text", required=False)
@click.option(
    "--corpus", type=click.Path(path_type=Path, dir_okay=False), help="Measure a file's text instead."
)
@click.option("--context", type=int, default=512, show_default=True, help="Of a corpus: tokens of a window.")
@click.option("--form", help="narrative, essay, formula, poem, silence, emoji, metaphor or logic.")
@click.option("--persona", help="Who speaks.")
@click.option("--lang", type=click.Choice(["ru", "en"]), help="For scenes without words.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Of the sampler, the same at every level.")
@click.option(
    "--levels", default=",".join(DEFAULT_LEVELS), show_default=True, help="KV_Q8_0 and the like as well."
)
@click.option(
    "--control", type=click.IntRange(2, 100), help="Draws of Gaussian noise as strong as each level's."
)
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="A PNG of it.")
@click.pass_obj
def noise(
    session: Session, text: str | None, corpus: Path | None, context: int, form: str | None,
    persona: str | None, lang: str | None, seed: int | None, levels: str, control: int | None,
    plot: Path | None,
) -> None:  # fmt: skip
    """Measure what quantization does to a text of the scene TEXT, or to a file's."""
    names = [name.strip().upper() for name in levels.split(",") if name.strip()]
    if not names:
        raise ModelError("noise-no-levels")
    if (text is None) == (corpus is None):
        raise SceneError("noise-text-or-corpus")
    if corpus is not None:
        _measure_corpus(session, corpus, context, names, plot)
        return
    wished = measured.wish(text or "")
    if wished is None:
        raise SceneError("scene-empty")
    chosen = named(form) if form else wished.form
    names = list(wished.levels) or names
    speaks = Lang(lang) if lang else session.say.lang

    async def work(bridge: Bridge) -> tuple[StoredMeasurement, Noise]:
        chosen_levels = await asyncio.to_thread(known, bridge.models.ladder(), names)
        stored, question = await measured.question(
            bridge, COMMAND_LINE, wished.source, speaks, form=chosen, persona=persona, seed=seed
        )
        instrument = await bridge.models.instrument()
        found = await in_line(
            session,
            bridge,
            lambda run: instrument.measure(
                question, chosen_levels, run.progress, run.cancelled, control or 0
            ),
        )
        who = question.persona.name if question.persona else ""
        kept = Measurement(question.form, who, question.lang, document.dump(found))
        number = bridge.archive.measurements.add(stored, kept)
        return StoredMeasurement(number, stored, kept), found

    kept, found = session.run(work)
    heading = noise_texts.heading(session.say, personas(session.settings.personas), kept)
    if session.json:
        print_json(_noise_json(kept, found))
    else:
        _print(session, heading, found)
    if plot is not None:
        from bot.pictures.noise import draw_noise

        write_picture(plot, draw_noise(found, heading, session.say))


def _measure_corpus(session: Session, file: Path, context: int, names: list[str], plot: Path | None) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "") if isinstance(error, OSError) else error.reason
        raise SceneError("noise-corpus-unreadable", path=str(file), reason=reason) from None

    async def work(bridge: Bridge) -> CorpusNoise:
        ladder, hardware = bridge.models.ladder(), session.settings.hardware
        return await in_line(
            session,
            bridge,
            lambda run: measure_corpus(
                ladder, text, context, names, run.progress, run.cancelled, hardware=hardware
            ),
        )

    found = session.run(work)
    if plot is not None:
        from bot.pictures.noise_curve import Point, draw_curve

        of = [Point(each.level, each.bits_per_weight, each.summary.mean_kld) for each in found.levels]
        write_picture(plot, draw_curve(of, session.say))
    if session.json:
        print_json(_corpus_json(found))
        return
    table = Table(*_HEAD, "tok/s", box=None, pad_edge=False)
    for each in found.levels:
        table.add_row(*_cells(each), f"{each.tokens_per_second:.0f}")
    console = _console()
    console.print(table)
    say, windows = session.say, found.windows
    told = say("noise-corpus", count=found.tokens, windows=windows, context=found.context,
               perplexity=f"{found.perplexity:.3f}")  # fmt: skip
    for sentence in (told, *noise_texts.grounds(say, found)):
        console.print(escape(sentence))


def _corpus_json(found: CorpusNoise) -> dict[str, Any]:
    nothing = {"first_divergence": None, "text": None, "resonance": None}  # nothing is written
    return {
        "model": found.model,
        "source": found.source,
        "reference": found.reference,
        "text": None,
        "tokens": found.tokens,
        "context": found.context,
        "windows": found.windows,
        "perplexity": found.perplexity,
        "deterministic": found.deterministic,
        "levels": [
            {
                "level": each.level,
                "bytes": each.bytes,
                "bits_per_weight": each.bits_per_weight,
                **asdict(each.summary),
                **nothing,
                "tokens_per_second": round(each.tokens_per_second, 2),
            }
            for each in found.levels
        ],
        "control": [],
        "seconds": round(found.seconds, 3),
    }


async def in_line(session: Session, bridge: Bridge, work: Callable[[Run], Result]) -> Result:
    """Have something measured, with a bar on stderr for a person who waits."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("…", total=None)
        async with bridge.measuring.joined(COMMAND_LINE, COMMAND_LINE) as run:

            async def tell() -> None:
                while True:
                    if run.news.what:
                        news, told = run.news, what(session.say, run.news)
                        bar.update(task, description=told, completed=news.done, total=news.total or None)
                    await asyncio.sleep(_LOOK)

            telling = asyncio.create_task(tell())
            try:
                return await bridge.measuring.do(run, lambda: work(run))
            finally:
                telling.cancel()


def _print(session: Session, heading: str, found: Noise) -> None:
    say, console = session.say, _console()
    console.print(f"[bold]{escape(heading)}[/bold]\n{escape(found.text)}\n")
    table = Table(*_HEAD, "≠", "res", "tok/s", box=None, pad_edge=False)
    for each in found.levels:
        parted = "=" if each.first_divergence is None else str(each.first_divergence + 1)
        table.add_row(*_cells(each), parted, f"{each.resonance:.2f}", f"{each.tokens_per_second:.0f}")
    console.print(table)
    for sentence in (*noise_texts.meaning(say, found), *noise_texts.grounds(say, found)):
        console.print(escape(sentence))


def _console() -> Console:
    """On a narrow screen lines break, not cells."""
    return Console(width=max(Console().width, _WIDTH))


def _cells(of: LevelNoise | CorpusLevel) -> tuple[str, ...]:
    summary = of.summary
    return (
        of.level,
        decimal(of.bytes),
        f"{of.bits_per_weight:.2f}",
        short(summary.mean_kld),
        short(summary.median_kld),
        short(summary.p99_kld),
        short(summary.max_kld),
        f"{summary.same_top:.1%}",
        f"{summary.rms_dp:.2%}",
        f"{summary.perplexity:.3f}",
    )


def _noise_json(kept: StoredMeasurement, found: Noise) -> dict[str, Any]:
    return {
        "number": kept.id,
        "code": kept.stored.code,
        "mnemonic": kept.stored.scene.mnemonic,
        "form": kept.measurement.form,
        "persona": kept.measurement.persona or None,
        "lang": kept.measurement.lang,
        "model": found.model,
        "source": found.source,
        "reference": found.reference,
        "seed": found.seed,
        "text": found.text,
        "resonance": found.resonance,
        "tokens": len(found.tokens),
        "pieces": found.pieces,
        "deterministic": found.deterministic,
        "levels": [_level_json(each) for each in found.levels],
        "control": [asdict(each) for each in found.control],
        "seconds": round(found.seconds, 3),
    }


def _level_json(of: LevelNoise) -> dict[str, Any]:
    return {
        "level": of.level,
        "bytes": of.bytes,
        "bits_per_weight": of.bits_per_weight,
        **asdict(of.summary),
        "first_divergence": of.first_divergence,
        "text": of.text,
        "resonance": of.resonance,
        "tokens_per_second": round(of.tokens_per_second, 2),
        "digest": of.digest,
        "kld": of.per_token.kld.tolist(),
    }
