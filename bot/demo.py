"""``hyperbridge demo``: the main job once, on the seeds' scenes."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click

from bot.bridge import Bridge, Reply
from bot.settings import Settings
from bot.terminal import Session
from scene import mark
from scene.atoms import Lang
from scene.forms import Form
from storage.archive import COMMAND_LINE

_FIRST = "пепелвспышкажизньтишина"
_VOICED = (
    *((_FIRST, form, Lang.RU) for form in Form),
    ("⚡🌫🫁", Form.POEM, Lang.RU),
    ("ashflashlifesilence", Form.ESSAY, Lang.EN),
)
_QUERIES = ("ash flash life silence", "🪶⚡🌱🤫")


@click.command("demo")
@click.pass_obj
def demo(session: Session) -> None:
    """Voice the seeds' scenes in every form, read one back, and recall it in other words."""
    with tempfile.TemporaryDirectory() as folder:  # a demo leaves the person's archive alone
        asyncio.run(_show(session.settings.model_copy(update={"db": Path(folder) / "demo.db"})))


async def _show(settings: Settings) -> None:
    bridge = Bridge(settings)
    try:
        click.echo(f"Model: {settings.model}. It is loaded, then every form reads its examples once.\n")
        replies = [await _voice(bridge, source, form, lang) for source, form, lang in _VOICED]
        await _read_back(bridge, replies[3])
        await _recall(bridge)
    finally:
        await bridge.close()


async def _voice(bridge: Bridge, source: str, form: Form, lang: Lang) -> Reply:
    reply = await bridge.say(COMMAND_LINE, source, lang, form=form, strength=mark.Strength.VISIBLE)
    written = reply.written
    click.echo(click.style(f"— {source} · {form.value}", bold=True))
    click.echo(reply.text)
    click.echo(
        click.style(
            f"resonance {written.scores.resonance:.2f} · coverage {written.scores.coverage:.2f} · "
            f"first token {written.first_token_seconds:.1f} s · {written.seconds:.1f} s "
            f"for {written.candidates} candidates\n",
            dim=True,
        )
    )
    return reply


async def _read_back(bridge: Bridge, reply: Reply) -> None:
    click.echo(click.style("— read: the text's mark leads back to the scene", bold=True))
    reading = await bridge.finder.read(None, reply.text)
    click.echo(mark.write(reading.scene.mnemonic, None))
    click.echo(" → ".join(f"{atom.text} ({atom.phase.value})" for atom in reading.scene.atoms) + "\n")


async def _recall(bridge: Bridge) -> None:
    for query in _QUERIES:
        click.echo(click.style(f"— recall: {query}", bold=True))
        for hit in await bridge.finder.recall(COMMAND_LINE, query, 3):
            click.echo(f"{hit.stored.code}  {hit.stored.scene.mnemonic}  {hit.score:.2f} by {hit.how}")
        click.echo()
