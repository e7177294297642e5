"""``hyperbridge``: the command line, a thin skin over the bridge.

People get tables; ``--json`` gives JSON on stdout and nothing else there. Bad input is one line on
stderr and exit code 2.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import click

from bot import (
    cli_archive,
    cli_dialogue,
    cli_ladder,
    cli_models,
    cli_noise,
    cli_reindex,
    cli_scenes,
    cli_shares,
    cli_sigma,
    cli_study,
    cli_words,
    cli_zones,
    demo,
    doctor,
    serving,
)
from bot.settings import load
from bot.terminal import Session, complain
from bot.texts import machine_lang, texts
from models.catalog import cache_dir
from scene.errors import HyperBridgeError


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


cli.add_command(cli_archive.archive_group)
for command in cli_shares.COMMANDS:
    cli_archive.archive_group.add_command(command)
cli.add_command(cli_dialogue.dialogue)
cli_archive.archive_group.add_command(cli_reindex.reindex)
for beside in (cli_zones.zones, cli_zones.draw, cli_zones.show_versions):
    cli_archive.archive_group.add_command(beside)
cli_models.models_group.add_command(cli_ladder.build)
cli.add_command(cli_models.models_group)
cli.add_command(cli_scenes.parse_scenes)
cli.add_command(cli_scenes.say)
cli.add_command(cli_scenes.read)
cli.add_command(cli_scenes.recall)
cli.add_command(cli_zones.compare)
cli.add_command(cli_noise.noise)
cli.add_command(cli_sigma.sigma)
cli.add_command(cli_study.study_noise)
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
        complain(error)
        raise SystemExit(2) from None
    except Exception as error:
        log = _keep_traceback()
        text = texts(machine_lang())("internal-error", reason=f"{type(error).__name__}: {error}", log=log)
        click.echo(text, err=True)
        raise SystemExit(1) from None


def _keep_traceback() -> str:
    """Where the details of an unexpected error are, for a report."""
    path = cache_dir() / "last-error.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return os.devnull
    return str(path)
