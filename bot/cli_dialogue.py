"""``hyperbridge dialogue``: two scenes speak in turn."""

from __future__ import annotations

from typing import Any

import click

from bot.bridge import Bridge
from bot.dialogue import Held, hold
from bot.terminal import Session, aside, print_json
from models.backend import MAX_CANDIDATES
from models.writer import DEFAULT_CANDIDATES
from scene.atoms import Lang
from scene.dialogue import MAX_TURNS
from storage.archive import COMMAND_LINE


@click.command("dialogue")
@click.argument("first")
@click.argument("second")
@click.option("--personas", help="Who speaks for each, as poet,philosopher; one is for the first.")
@click.option("--turns", type=click.IntRange(1, MAX_TURNS), help="Replicas of each scene.")
@click.option("--lang", type=click.Choice(["ru", "en"]), help="Instead of the first scene's language.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="The same seed gives the same dialogue.")
@click.option(
    "--candidates", type=click.IntRange(1, MAX_CANDIDATES), default=DEFAULT_CANDIDATES, show_default=True,
    help="Texts to choose each replica from.",
)  # fmt: skip
@click.pass_obj
def dialogue(
    session: Session, first: str, second: str, personas: str | None, turns: int | None, lang: str | None,
    seed: int | None, candidates: int,
) -> None:  # fmt: skip
    """Let two scenes speak in turn. FIRST and SECOND are scenes or SCN-n."""
    named = tuple(part.strip() for part in personas.split(",")) if personas else ()
    if len(named) > 2:
        raise click.BadParameter("two personas at most, with a comma between them", param_hint="--personas")

    async def work(bridge: Bridge) -> Held:
        with session.working("Writing"):
            return await hold(
                bridge, COMMAND_LINE, (first, second), Lang(lang) if lang else session.say.lang,
                personas=named, turns=turns, seed=seed, count=candidates, strict_lang=lang is not None,
            )  # fmt: skip

    held = session.run(work)
    if session.json:
        print_json(_as_json(held))
        return
    click.echo(held.text)
    who = " · ".join(speaker.name for speaker in held.speakers)
    aside(f"{who} · {held.spoken.candidates} candidates · {held.spoken.seconds:.1f} s")


def _as_json(held: Held) -> dict[str, Any]:
    spoken, codes = held.spoken, [stored.code for stored in held.kept.scenes]
    return {
        "scenes": [
            {
                "code": stored.code,
                "source": stored.scene.source,
                "mnemonic": stored.scene.mnemonic,
                "persona": voice.persona,
                "mask": voice.mask or None,
                "resonance": round(scores.resonance, 4),
                "coverage": round(scores.coverage, 4),
                "order": round(scores.order, 4),
            }
            for stored, voice, scores in zip(
                held.kept.scenes, held.kept.dialogue.voices, spoken.whole, strict=True
            )
        ],
        "lang": spoken.lang,
        "replicas": [
            {
                "code": codes[replica.speaker],
                "atoms": [atom.text for atom in replica.atoms],
                "text": replica.text,
                "coverage": round(replica.scores.coverage, 4),
                "borrowed": replica.borrowed,
                "passes": replica.passes,
            }
            for replica in spoken.replicas
        ],
        "text": spoken.text,
        "reply": held.text,
        "seed": spoken.seed,
        "candidates": spoken.candidates,
        "seconds": round(spoken.seconds, 3),
        "first_token_seconds": round(spoken.first_token_seconds, 3),
    }
