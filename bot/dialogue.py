"""A dialogue's life, read straight down: two scenes, their voices, write, keep, mark, reply; and why."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

from bot.bridge import Bridge
from bot.messages import answer, arguments, message_of, texts_for, typing
from bot.running import Running
from bot.texts import Texts
from bot.why import named
from models.dialogue import Spoken
from models.personas import Persona, join
from models.writer import DEFAULT_CANDIDATES
from scene import dialogue, mark
from scene.atoms import Lang, Scene
from scene.errors import SceneError
from storage.dialogues import Dialogue, StoredDialogue, Voice
from storage.records import StoredScene

COMMANDS = ("dialogue",)
_BY_DEFAULT = ("poet", "philosopher")

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True, slots=True)
class Held:
    """A dialogue written and kept.

    Attributes:
        kept: It and its scenes, as they are in the archive.
        spoken: How it came about.
        speakers: Who spoke for each scene.
    """

    kept: StoredDialogue
    spoken: Spoken
    speakers: tuple[Persona, Persona]

    @property
    def text(self) -> str:
        """What a person gets: the dialogue and a mark for each scene."""
        marks = [(stored.scene.mnemonic, stored.number) for stored in self.kept.scenes]
        return dialogue.seal(self.spoken.text, marks)


async def hold(
    bridge: Bridge,
    owner: int,
    sources: tuple[str, str],
    lang: Lang,
    *,
    personas: tuple[str, ...] = (),
    turns: int | None = None,
    seed: int | None = None,
    count: int = DEFAULT_CANDIDATES,
    strict_lang: bool = False,
) -> Held:
    """Let two scenes speak in turn.

    Args:
        bridge: Holds the archive and the model.
        owner: Whose dialogue it is.
        sources: What a person sent for each: a scene or ``SCN-n``.
        lang: The person's language, for scenes that have none of their own.
        personas: Who speaks for the first and for the second; who is not named is chosen, and puts on the
            mask that the scene's kind calls for.
        turns: Replicas of each scene; None gives as many as their chains need.
        seed: For the same dialogue again; None draws one.
        count: Candidates for a replica.
        strict_lang: Speak the language given even where a scene has one of its own.

    Raises:
        SceneError: ``dialogue-same``, or why a source is no scene.
    """
    first, second = [await bridge.finder.scene(owner, source) for source in sources]
    if first.mnemonic == second.mnemonic:
        raise SceneError("dialogue-same", mnemonic=first.mnemonic)
    if not strict_lang:
        spoken_langs = [scene.lang for scene in (first, second) if scene.lang is not Lang.EMOJI]
        lang = spoken_langs[0] if spoken_langs else lang
    speakers, voices = await _cast(bridge, owner, (first, second), personas)
    # Kept before they speak, as in Bridge.say.
    scenes = (await _keep(bridge, owner, first), await _keep(bridge, owner, second))
    dialogist = await bridge.models.dialogist()
    spoken = await dialogist.speak(
        (first, second),
        speakers,
        lang,
        turns=turns or dialogue.turns(first, second),
        seed=secrets.randbelow(2**31) if seed is None else seed,
        count=count,
        owner=owner,
    )
    said = Dialogue(
        voices=voices,
        replicas=tuple(replica.text for replica in spoken.replicas),
        lang=spoken.lang,
        model=(await bridge.models.writer()).model.id,
        seed=spoken.seed,
    )
    await asyncio.to_thread(bridge.archive.dialogues.add, scenes, said)
    return Held(StoredDialogue(scenes, said), spoken, speakers)


async def _cast(
    bridge: Bridge, owner: int, scenes: tuple[Scene, Scene], named: tuple[str, ...]
) -> tuple[tuple[Persona, Persona], tuple[Voice, Voice]]:
    """Who speaks for each scene: those who were named, else the chat's own and another."""
    found = [bridge.find_persona(name) for name in named]
    own = await bridge.persona(owner)
    others = [*([own] if own else []), *map(bridge.find_persona, _BY_DEFAULT)]
    voices = []
    for place, scene in enumerate(scenes):
        mask = None
        if place >= len(named):
            taken = {each.name for each in found}
            found.append(next(each for each in others if each.name not in taken))
            mask = bridge.mask(found[place], scene)
        worn = join([mask, found[place]]) if mask else found[place]
        voices.append((worn, Voice(worn.name, mask.name if mask else "")))
    (first, first_voice), (second, second_voice) = voices
    return (first, second), (first_voice, second_voice)


async def _keep(bridge: Bridge, owner: int, scene: Scene) -> StoredScene:
    embedder = await bridge.models.embedder()
    signature = await asyncio.to_thread(embedder.scene, scene)
    return await asyncio.to_thread(bridge.archive.keep, owner, scene, signature, embedder.name)


async def asked_about(bridge: Bridge, owner: int, text: str | None) -> StoredDialogue | None:
    """The kept dialogue that a person asks about.

    Args:
        bridge: Holds the archive.
        owner: Whose archive to look in.
        text: A dialogue with its marks, whole; None for the last one, if nothing else was written since.
    """
    if text is None:
        last = await asyncio.to_thread(bridge.archive.dialogues.last, owner)
        others = await asyncio.to_thread(bridge.archive.renderings.last, owner)
        newer = bool(last and others and others[0][1].created_at > last.dialogue.created_at)
        return None if newer else last
    for found in mark.read_all(text):
        stored = await asyncio.to_thread(bridge.archive.by_mark, owner, found)
        for held in reversed(await asyncio.to_thread(bridge.archive.dialogues.of, stored) if stored else []):
            if held.dialogue.text in text:
                return held
    return None


def why(say: Texts, bridge: Bridge, held: StoredDialogue) -> str:
    """Who spoke for each scene and what each of its replicas had to voice."""
    turns = len(held.dialogue.replicas) // 2
    known, lines = bridge.personas(), []
    for stored, voice in zip(held.scenes, held.dialogue.voices, strict=True):
        atoms = [" ".join(atom.text for atom in part) for part in dialogue.divide(stored.scene, turns)]
        speaker = named(say, known, voice.persona)
        line = say("dialogue-why", code=stored.code, atoms=" | ".join(atoms), **speaker)
        if voice.mask:
            mask = named(say, known, voice.mask)["persona"]
            line = f"{line} {say('dialogue-why-mask', mask=mask, kind=stored.scene.kind.value)}"
        lines.append(line)
    return "\n".join(lines)


class Dialogues:
    """``/dialogue``.

    Args:
        bridge: Holds the archive and the model.
        running: What is being written now.
    """

    def __init__(self, bridge: Bridge, running: Running) -> None:
        self._bridge = bridge
        self._running = running

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler."""
        application.add_handler(CommandHandler("dialogue", self._dialogue))

    async def _dialogue(self, update: Update, context: Context) -> None:
        """``/dialogue SCN-1 SCN-2 [poet philosopher]``; scenes instead of codes as well."""
        message, say = message_of(update), texts_for(update.effective_user)
        given = arguments(message).split()
        if not 2 <= len(given) <= 4:
            await answer(message, say("dialogue-needs-scenes"))
            return
        async with typing(message):
            spoken = hold(
                self._bridge,
                message.chat_id,
                (given[0], given[1]),
                say.lang,
                personas=tuple(given[2:]),
            )
            asker = update.effective_user.id if update.effective_user else None
            held = await self._running.run(message.chat_id, spoken, asker, about=message.message_id)
        if held is not None:
            await answer(message, held.text, quote=True)
