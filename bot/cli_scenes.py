"""``hyperbridge parse``, ``say``, ``read`` and ``recall``: scenes to texts and back."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bot import cli_words, explained, faults, why
from bot.bridge import Bridge, Reply
from bot.reading import Found, Reading
from bot.terminal import Session, aside, complain, lines_of, print_json, printable
from models.backend import MAX_CANDIDATES
from models.personas import personas
from models.writer import DEFAULT_CANDIDATES
from scene import mark
from scene.atoms import Atom, Lang, Scene
from scene.calibration import is_calibrated
from scene.errors import SceneError
from scene.explain import explain
from scene.forms import named
from scene.parse import parse
from scene.request import Request, split
from storage.archive import COMMAND_LINE
from storage.recall import Hit


@click.command("parse")
@click.argument("text", nargs=-1, required=True)
@click.option("--explain", "reasons", is_flag=True, help="The likeliest readings too, and what decided.")
@click.option("--rerank", is_flag=True, help="Let the model choose where readings are nearly equal.")
@click.pass_obj
def parse_scenes(session: Session, text: tuple[str, ...], reasons: bool, rerank: bool) -> None:
    """Show a scene's atoms. TEXT is one or more scenes, or - for a scene on each line of stdin."""
    failed = False
    own = cli_words.known(session.settings.db)
    with explained.reranking(session.settings) if rerank else nullcontext() as choose:
        for source in lines_of(text):
            try:
                explanation = explain(source, own=own) if reasons or rerank else None
                if explanation and choose:
                    explanation = choose(explanation)
                scene = explanation.scene if explanation else parse(source, own=own)
            except SceneError as error:
                failed = True
                if session.json:
                    print_json({"source": printable(source), "error": session.say.error(error)})
                complain(error)
                continue
            shown = explanation if reasons else None
            if session.json:
                print_json(_scene_json(scene) | ({"explain": explained.as_json(shown)} if shown else {}))
                continue
            _print_scene(scene)
            if shown:
                explained.show(shown, session.say)
    if failed:
        raise SystemExit(2)


@click.command("say")
@click.argument("text")
@click.option("--form", help="narrative, essay, formula, poem, silence, emoji, metaphor or logic.")
@click.option("--persona", help=f"{', '.join(personas())}, one of your own, or several: body+poet.")
@click.option("--lang", type=click.Choice(["ru", "en"]), help="For scenes without words.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="The same seed gives the same text.")
@click.option("--mark", "strength", help=f"{', '.join(mark.Strength)}.")
@click.option(
    "--candidates", type=click.IntRange(1, MAX_CANDIDATES), default=DEFAULT_CANDIDATES, show_default=True,
    help="Texts to choose the best from.",
)  # fmt: skip
@click.pass_obj
def say(
    session: Session, text: str, form: str | None, persona: str | None, lang: str | None,
    seed: int | None, strength: str | None, candidates: int,
) -> None:  # fmt: skip
    """Voice a scene. TEXT is a scene, SCN-n, or a text with its mark."""
    request = split(text)
    if mark.is_marked(text) and not mark.is_reference(request.scene):
        request = Request(None, text)  # a whole text with its mark: its words ask for nothing
    marked = mark.named(strength) if strength else None
    chosen, wording = (named(form), f"--form {form}") if form else (request.form, request.wording)
    speaks = Lang(lang) if lang else session.say.lang

    async def work(bridge: Bridge) -> Reply:
        with session.working("Writing"):
            return await bridge.say(
                COMMAND_LINE, request.scene, speaks, form=chosen, wording=wording, persona=persona,
                seed=seed, count=candidates, strength=marked,
            )  # fmt: skip

    reply = session.run(work)
    if session.json:
        print_json(_reply_json(reply, session))
        return
    click.echo(reply.text)
    if fault := faults.sentence(session.say, reply.written):
        click.echo(fault, err=True)
    scores = reply.written.scores
    aside(
        f"{reply.written.form.value} · resonance {scores.resonance:.2f} · coverage {scores.coverage:.2f} · "
        f"{reply.written.candidates} candidates · {reply.written.seconds:.1f} s\n{_why(reply, session)}"
    )


@click.command("read")
@click.argument("text")
@click.option("--no-archive", is_flag=True, help="Use the text and the model, and nothing kept.")
@click.pass_obj
def read(session: Session, text: str, no_archive: bool) -> None:
    """Lead a text back to its scene. TEXT is the text, or - for stdin."""
    whole = "\n".join(lines_of((text,)))

    async def work(bridge: Bridge) -> list[Reading]:
        with session.working("Reading"):
            owner = None if no_archive else COMMAND_LINE
            return await bridge.finder.read_all(owner, whole, session.say.lang)

    readings = session.run(work)
    reading = readings[-1]
    if session.json:
        scenes = [_reading_json(each) for each in readings]
        print_json(scenes[-1] | ({"scenes": scenes} if len(scenes) > 1 else {}))
        return
    for each in readings:
        click.echo(mark.write(each.scene.mnemonic, each.number))
    if reading.damaged:
        aside(session.say("mark-damaged-found"))
    tried = ", ".join(f"{step.name} {step.score:.2f}" for step in reading.steps)
    aside(f"by {reading.how} · score {reading.score:.2f}" + (f" · tried {tried}" if tried else ""))
    for other in reading.others:
        aside(
            f"or {mark.write(other.scene.mnemonic, other.number)} · by {other.how} · score {other.score:.2f}"
        )


@click.command("recall")
@click.argument("query")
@click.option("-k", type=click.IntRange(1, 1000), default=5, show_default=True, help="Most scenes to show.")
@click.pass_obj
def recall(session: Session, query: str, k: int) -> None:
    """Find kept scenes by code, words or resonance. QUERY, or - for a query on each line of stdin."""

    async def work(bridge: Bridge) -> None:
        unsigned = await bridge.finder.unsigned(COMMAND_LINE)
        for line in lines_of((query,)):
            with session.working("Recalling"):
                hits = await bridge.finder.recall(COMMAND_LINE, line, k)
            if session.json:
                print_json({"query": line, "hits": [_hit_json(hit) for hit in hits], "unsigned": unsigned})
                continue
            _print_hits(session, line, hits)
            if any(hit.how == "resonance" for hit in hits):
                embedder = (await bridge.models.embedder()).name
                if not is_calibrated(embedder):
                    aside(session.say("resonance-uncalibrated", embedder=embedder))
        if unsigned and not session.json:
            click.echo(session.say("archive-unsigned", count=unsigned), err=True)

    session.run(work)


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


def _reply_json(reply: Reply, session: Session) -> dict[str, Any]:
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
        "mark": reply.strength,
        "resonance": round(written.scores.resonance, 4),
        "coverage": round(written.scores.coverage, 4),
        "failed": written.failed,
        "candidates": written.candidates,
        "seed": written.seed,
        "why": {"form_chosen_by": reply.choice.by, "reason": _why(reply, session)},
        "seconds": round(written.seconds, 3),
        "first_token_seconds": round(written.first_token_seconds, 3),
    }


def _reading_json(reading: Reading) -> dict[str, Any]:
    """A reading as ``read --json`` gives it."""
    return {
        **_found_json(reading),
        "atoms": [_atom_json(atom) for atom in reading.scene.atoms],
        "damaged": reading.damaged,
        "others": [_found_json(other) for other in reading.others],
        "steps": [{"name": step.name, "score": round(step.score, 4)} for step in reading.steps],
    }


def _found_json(found: Reading | Found) -> dict[str, Any]:
    return {
        "mnemonic": found.scene.mnemonic,
        "code": mark.code(found.number) if found.number else None,
        "how": found.how,
        "score": round(found.score, 4),
    }


def _why(reply: Reply, session: Session) -> str:
    choice = reply.choice
    known = personas(session.settings.personas)
    return why.sentences(session.say, known, choice.form, choice.by, choice.reason)


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


def _print_hits(session: Session, query: str, hits: list[Hit]) -> None:
    if not hits:
        click.echo(session.say("recall-nothing", query=query))
        return
    table = Table("code", "scene", "score", "how", box=None, pad_edge=False)
    for hit in hits:
        table.add_row(hit.stored.code, hit.stored.scene.mnemonic, f"{hit.score:.2f}", hit.how)
    Console().print(table)
