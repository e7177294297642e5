"""``hyperbridge``: the command line, a thin skin over the bridge.

People get tables; ``--json`` gives JSON on stdout and nothing else there. Bad input is one line on
stderr and exit code 2.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from bot import cli_archive, cli_models, cli_words, demo, doctor, explained, serving, why
from bot.bridge import Bridge, Reading, Reply
from bot.settings import Settings, load
from bot.texts import machine_lang, texts
from models.catalog import cache_dir
from models.personas import personas
from models.writer import DEFAULT_CANDIDATES
from scene import mark
from scene.atoms import Atom, Lang, Scene
from scene.errors import HyperBridgeError, SceneError
from scene.explain import explain
from scene.forms import named
from scene.parse import parse
from scene.request import split
from storage.archive import COMMAND_LINE
from storage.recall import Hit

Result = TypeVar("Result")


@dataclass(slots=True)
class Session:
    """What the global options say; ``ctx.obj`` of every command."""

    settings: Settings
    json: bool

    @property
    def model(self) -> str:
        """Name or path of the chosen model."""
        return self.settings.model


def _turn_json_on(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and context.obj is not None:
        context.obj.json = True


def _take_json(command: click.Command) -> None:
    """Let a command, or every command of a group, take ``--json`` after its name as well."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _take_json(inner)
        return
    command.params.append(
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_turn_json_on,
            help="JSON on stdout, nothing else there.",
        )
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--db", type=click.Path(path_type=Path), help="The archive's file.")
@click.option("--model", help="A model's name, a GGUF file, or a server's address.")
@click.option("--embedder", help="use-multilingual-3, or a sentence-transformers model.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout, nothing else there.")
@click.version_option(package_name="hyperbridge")
@click.pass_context
def cli(
    context: click.Context, db: Path | None, model: str | None, embedder: str | None, as_json: bool
) -> None:
    """Turn a scene into a text, and the text back into its scene."""
    given = {"db": db, "model": model, "embedder": embedder}
    settings = load().model_copy(update={key: value for key, value in given.items() if value})
    context.obj = Session(settings, as_json)


@cli.command("parse")
@click.argument("text", nargs=-1, required=True)
@click.option("--explain", "reasons", is_flag=True, help="The likeliest readings too, and what decided.")
@click.option("--rerank", is_flag=True, help="Let the model choose where readings are nearly equal.")
@click.pass_obj
def parse_scenes(session: Session, text: tuple[str, ...], reasons: bool, rerank: bool) -> None:
    """Show a scene's atoms. TEXT is one or more scenes, or - for a scene on each line of stdin."""
    failed = False
    own = cli_words.known(session.settings.db)
    with explained.reranking(session.settings) if rerank else nullcontext() as choose:
        for source in _lines(text):
            try:
                explanation = explain(source, own=own) if reasons or rerank else None
                if explanation and choose:
                    explanation = choose(explanation)
                scene = explanation.scene if explanation else parse(source, own=own)
            except SceneError as error:
                failed = True
                if session.json:
                    _print_json({"source": _printable(source), "error": _sentence(error)})
                _complain(error)
                continue
            shown = explanation if reasons else None
            if session.json:
                _print_json(_scene_json(scene) | ({"explain": explained.as_json(shown)} if shown else {}))
                continue
            _print_scene(scene)
            if shown:
                explained.show(shown, texts(machine_lang()))
    if failed:
        raise SystemExit(2)


@cli.command("say")
@click.argument("text")
@click.option("--form", help="narrative, essay, formula, poem, silence, emoji, metaphor or logic.")
@click.option("--persona", help=f"{', '.join(personas())}.")
@click.option("--lang", type=click.Choice(["ru", "en"]), help="For scenes without words.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="The same seed gives the same text.")
@click.option(
    "--candidates", type=click.IntRange(1, 16), default=DEFAULT_CANDIDATES, show_default=True,
    help="Texts to choose the best from.",
)  # fmt: skip
@click.pass_obj
def say(
    session: Session, text: str, form: str | None, persona: str | None, lang: str | None,
    seed: int | None, candidates: int,
) -> None:  # fmt: skip
    """Voice a scene. TEXT is a scene or SCN-n."""
    request = split(text)
    chosen, wording = (named(form), f"--form {form}") if form else (request.form, request.wording)
    speaks = Lang(lang) if lang else machine_lang()

    async def work(bridge: Bridge) -> Reply:
        with _working(session, "Writing"):
            return await bridge.say(
                COMMAND_LINE, request.scene, speaks, form=chosen, wording=wording, persona=persona,
                seed=seed, count=candidates,
            )  # fmt: skip

    reply = _with_bridge(session, work)
    if session.json:
        _print_json(reply_json(reply))
        return
    click.echo(reply.text)
    scores = reply.written.scores
    _aside(
        f"{reply.written.form.value} · resonance {scores.resonance:.2f} · coverage {scores.coverage:.2f} · "
        f"{reply.written.candidates} candidates · {reply.written.seconds:.1f} s\n{_why(reply)}"
    )


@cli.command("read")
@click.argument("text")
@click.option("--no-archive", is_flag=True, help="Use nothing but the text itself.")
@click.pass_obj
def read(session: Session, text: str, no_archive: bool) -> None:
    """Lead a text back to its scene. TEXT is the text, or - for stdin."""
    whole = "\n".join(_lines((text,)))

    async def work(bridge: Bridge) -> Reading:
        with _working(session, "Reading"):
            return await bridge.read(None if no_archive else COMMAND_LINE, whole)

    reading = _with_bridge(session, work)
    if session.json:
        _print_json(
            {
                "mnemonic": reading.scene.mnemonic,
                "atoms": [_atom_json(atom) for atom in reading.scene.atoms],
                "code": mark.code(reading.number) if reading.number else None,
                "how": reading.how,
                "score": round(reading.score, 4),
            }
        )
        return
    click.echo(mark.write(reading.scene.mnemonic, reading.number))
    _aside(f"by {reading.how} · score {reading.score:.2f}")


@cli.command("recall")
@click.argument("query")
@click.option("-k", type=click.IntRange(1, 1000), default=5, show_default=True, help="Most scenes to show.")
@click.pass_obj
def recall(session: Session, query: str, k: int) -> None:
    """Find kept scenes by code, words or resonance. QUERY, or - for a query on each line of stdin."""

    async def work(bridge: Bridge) -> None:
        for line in _lines((query,)):
            with _working(session, "Recalling"):
                hits = await bridge.recall(COMMAND_LINE, line, k)
            if session.json:
                _print_json({"query": line, "hits": [_hit_json(hit) for hit in hits]})
            else:
                _print_hits(line, hits)

    _with_bridge(session, work)


cli.add_command(cli_archive.archive_group)
cli.add_command(cli_models.models_group)
cli.add_command(cli_words.teach)
cli.add_command(cli_words.unteach)
cli.add_command(doctor.doctor)
cli.add_command(demo.demo)
cli.add_command(serving.bot)
cli.add_command(serving.sandbox)
_take_json(cli)


def main() -> None:
    """Run the command line; every way out is a line, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        cli(standalone_mode=True)
    except HyperBridgeError as error:
        _complain(error)
        raise SystemExit(2) from None
    except Exception as error:
        log = _keep_traceback()
        text = texts(machine_lang())("internal-error", reason=f"{type(error).__name__}: {error}", log=log)
        click.echo(text, err=True)
        raise SystemExit(1) from None


def _with_bridge(session: Session, work: Callable[[Bridge], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        bridge = Bridge(session.settings)
        try:
            return await work(bridge)
        finally:
            await bridge.close()

    return asyncio.run(run())


def _lines(given: tuple[str, ...]) -> Iterator[str]:
    """The texts given, or the lines of stdin for ``-``.

    Raises:
        SceneError: ``scene-not-unicode`` for bytes that are not UTF-8; lines before them have been given.
    """
    if given != ("-",):
        yield from given
        return
    for line in sys.stdin.buffer:
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise SceneError("scene-not-unicode") from None


def _working(session: Session, what: str) -> Any:
    """A spinner on stderr for a person who waits."""
    return Console(stderr=True, quiet=session.json or not sys.stderr.isatty()).status(f"{what}…")


def _scene_json(scene: Scene) -> dict[str, Any]:
    return {
        "source": scene.source,
        "lang": scene.lang,
        "kind": scene.kind,
        "mnemonic": scene.mnemonic,
        # Only here: an archive keeps phases without it.
        "atoms": [{**_atom_json(atom), "confidence": round(atom.confidence, 3)} for atom in scene.atoms],
    }


def _atom_json(atom: Atom) -> dict[str, str]:
    return {"text": atom.text, "lemma": atom.lemma, "lang": atom.lang, "phase": atom.phase}


def reply_json(reply: Reply) -> dict[str, Any]:
    """A reply as ``say --json`` gives it."""
    written, scene = reply.written, reply.stored.scene
    return {
        "code": reply.stored.code,
        "source": scene.source,
        "mnemonic": scene.mnemonic,
        "form": written.form,
        "persona": written.persona.name if written.persona else None,
        "lang": written.lang,
        "text": written.text,
        "reply": reply.text,
        "resonance": round(written.scores.resonance, 4),
        "coverage": round(written.scores.coverage, 4),
        "candidates": written.candidates,
        "seed": written.seed,
        "why": {"form_chosen_by": reply.choice.by, "reason": _why(reply)},
        "seconds": round(written.seconds, 3),
        "first_token_seconds": round(written.first_token_seconds, 3),
    }


def _why(reply: Reply) -> str:
    choice = reply.choice
    return why.sentences(texts(machine_lang()), choice.form, choice.by, choice.reason)


def _hit_json(hit: Hit) -> dict[str, Any]:
    return {
        "code": hit.stored.code,
        "mnemonic": hit.stored.scene.mnemonic,
        "score": round(hit.score, 4),
        "how": hit.how,
    }


def _print_scene(scene: Scene) -> None:
    table = Table("atom", "lemma", "lang", "phase", box=None, pad_edge=False)
    for atom in scene.atoms:
        table.add_row(atom.text, atom.lemma, atom.lang.value, atom.phase.value)
    click.echo(f"{scene.mnemonic}  ({scene.lang.value}, {scene.kind.value})")
    Console().print(table)


def _print_hits(query: str, hits: list[Hit]) -> None:
    if not hits:
        click.echo(texts(machine_lang())("recall-nothing", query=query))
        return
    table = Table("code", "scene", "score", "how", box=None, pad_edge=False)
    for hit in hits:
        table.add_row(hit.stored.code, hit.stored.scene.mnemonic, f"{hit.score:.2f}", hit.how)
    Console().print(table)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def _aside(text: str) -> None:
    """A remark for a person, not for a pipe."""
    if sys.stderr.isatty():
        click.echo(click.style(text, dim=True), err=True)


def _sentence(error: HyperBridgeError) -> str:
    return texts(machine_lang()).error(error)


def _complain(error: HyperBridgeError) -> None:
    click.echo(f"hyperbridge: {_sentence(error)}", err=True)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _keep_traceback() -> str:
    """Where the details of an unexpected error are, for a report."""
    path = cache_dir() / "last-error.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return os.devnull
    return str(path)
