"""A scene's life, read straight down: parse, choose a form, write, mark, store, reply."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot import again, job, metrics
from bot.finding import Finder
from bot.loading import Models
from bot.measuring import Measuring
from bot.settings import Settings
from models.personas import JOIN, Persona, join, mask_for, personas
from models.personas import persona as find_persona
from models.writer import Written
from scene import mark
from scene.atoms import Lang, Scene
from scene.choice import Choice, Turn, choose
from scene.errors import ModelError, SceneError
from scene.forms import Form
from storage.archive import Archive
from storage.records import Rendering, StoredScene

_LAST = 24  # texts of the dialogue that are looked at: its last scenes, with buttons pressed under each


@dataclass(frozen=True, slots=True)
class Reply:
    """A scene voiced and kept.

    Attributes:
        stored: The scene in the archive.
        written: The text and how it came about.
        choice: Its form, and why this one.
        strength: How plainly the text is marked.
    """

    stored: StoredScene
    written: Written
    choice: Choice
    strength: mark.Strength = mark.Strength.VISIBLE

    @property
    def text(self) -> str:
        """What a person gets: the text and its mark."""
        scene = self.stored.scene
        return mark.seal(self.written.text, scene.mnemonic, self.stored.number, self.strength)


class Bridge:
    """Scenes to texts and texts to scenes, for the bot and the command line alike.

    The archive opens at once, the embedder and the model when they are first needed. Nothing here
    blocks the event loop.

    Args:
        settings: Which archive, model and embedder.

    Raises:
        ArchiveError: The archive can't be opened.

    Attributes:
        archive: What is kept.
        models: The embedder, the model and what works with them.
        finder: Texts back to scenes.
        measuring: Who measures noise, one at a time.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.archive = Archive.open(settings.db)
        self.models = Models(settings)
        self.finder = Finder(settings, self.archive, self.models)
        self._counted = 0  # of the writer's tokens
        self.measuring = Measuring()

    async def say(
        self,
        owner: int,
        source: str | Scene,
        lang: Lang,
        *,
        form: Form | None = None,
        wording: str = "",
        persona: str | None = None,
        seed: int | None = None,
        count: int | None = None,
        strength: mark.Strength | None = None,
        watch: Callable[[str], None] | None = None,
    ) -> Reply:
        """Voice a scene.

        Args:
            owner: Whose archive it is kept in.
            source: The scene, or what a person sent: a scene or ``SCN-n``.
            lang: The person's language, for scenes that have none of their own.
            form: The form asked for; None takes the one that was set for this owner, or chooses one.
            wording: The words that named the form; empty for a button.
            persona: Who speaks, by id or title, several joined with ``+``; None is whoever was set for this
                owner, who puts on a mask by itself where the scene's kind calls for one.
            seed: For the same text again; None draws one.
            count: Candidates to choose from; None takes as many as there is time for.
            strength: How plainly the text is marked; None is whatever was set for this owner.
            watch: Told how far the text is written, as by ``Writer.write``.
        """
        running = job.current()
        place = running.next_text() if running else 0
        if running and (
            before := await asyncio.to_thread(self.archive.renderings.written_for, running.job.id, place)
        ):
            # The same words as were written before the bot was cut short: a part of them may have been sent.
            found, voiced, chosen = again.load(before, self.find_persona)
            return Reply(found, voiced, chosen, strength or await self.strength(owner))
        scene = source if isinstance(source, Scene) else await self.finder.scene(owner, source)
        voice = self.find_persona(persona) if persona else await self.persona(owner)
        mask = self.mask(voice, scene) if voice and not persona else None
        choice = choose(
            scene,
            asked=form,
            wording=wording,
            usual=await asyncio.to_thread(self.archive.preferences.form, owner),
            persona=voice.name if voice else "",
            liked=voice.forms if voice else (),
            mask=mask.name if mask else "",
            last=await asyncio.to_thread(self._last, owner),
        )
        if voice and mask:
            voice = join([mask, voice])
        # Kept before it is voiced: a full disk is told at once, and a failing model loses no scene.
        stored = await self.keep(owner, scene)
        writer = await self.models.writer()
        written = await writer.write(
            scene,
            choice.form,
            lang if scene.lang is Lang.EMOJI else scene.lang,
            seed=secrets.randbelow(2**31) if seed is None else seed,
            persona=voice,
            count=count,
            owner=owner,
            watch=watch,
        )
        metrics.FIRST_TOKEN.observe(written.first_token_seconds)
        metrics.TOKENS.inc(writer.tokens - self._counted)
        self._counted = writer.tokens
        rendering = Rendering(
            form=choice.form,
            persona=voice.name if voice else "",
            lang=written.lang,
            text=written.text,
            model=writer.model.id,
            seed=written.seed,
            resonance=written.scores.resonance,
            coverage=written.scores.coverage,
            candidates=written.candidates,
            seconds=written.seconds,
            chosen_by=choice.by,
            reason=choice.reason,
        )
        for_job = again.dump(running.job.id, place, written) if running else None
        await asyncio.to_thread(self.archive.renderings.add, stored, rendering, for_job)
        return Reply(stored, written, choice, strength or await self.strength(owner))

    async def strength(self, owner: int) -> mark.Strength:
        """How plainly the owner's texts are marked: as they set it, else as the settings say."""
        return await asyncio.to_thread(self.archive.preferences.strength, owner) or self._settings.mark

    def personas(self) -> Mapping[str, Persona]:
        """All personas by id, read at the first use.

        Raises:
            ModelError: What is wrong with a person's own ones.
        """
        return personas(self._settings.personas)

    def find_persona(self, name: str) -> Persona:
        """The persona, or several joined with ``+``.

        Raises:
            ModelError: ``persona-unknown``, or what is wrong with a person's own ones.
        """
        return find_persona(name, self._settings.personas)

    def mask(self, speaker: Persona, scene: Scene) -> Persona | None:
        """The mask that a voice puts on for a scene by itself, if any."""
        return mask_for(speaker, scene.kind, self._settings.personas)

    async def persona(self, owner: int) -> Persona | None:
        """Who speaks in an owner's chat.

        Raises:
            ModelError: ``persona-gone`` when it was a person's own and is there no more; or what is wrong
                with those that are.
        """
        name = await asyncio.to_thread(self.archive.preferences.persona, owner)
        if not name:
            return None
        gone = [part for part in name.split(JOIN) if part not in self.personas()]
        if gone:
            raise ModelError("persona-gone", name=gone[0])
        return self.find_persona(name)

    async def keep(self, owner: int, scene: Scene) -> StoredScene:
        """Keep a scene with its signature."""
        embedder = await self.models.embedder()
        signature = await asyncio.to_thread(embedder.scene, scene)
        return await asyncio.to_thread(self.archive.keep, owner, scene, signature, embedder.name)

    def _last(self, owner: int) -> list[Turn]:
        found = self.archive.renderings.last(owner, _LAST)
        return [Turn(number, Form(rendering.form), rendering.chosen_by) for number, rendering in found]

    async def why(self, owner: int, text: str | None) -> Rendering:
        """The kept text that a person asks about.

        Args:
            owner: Whose archive to look in.
            text: A reply of ours, with its mark; None for the last one.

        Raises:
            SceneError: ``why-nothing`` when there is no such text.
        """
        if text is None:
            last = await asyncio.to_thread(self.archive.renderings.last, owner)
            if last:
                return last[0][1]
        elif mark.is_marked(text):
            number = (await self.finder.read(owner, text)).number
            stored = await asyncio.to_thread(self.archive.scene, owner, number) if number else None
            kept = await asyncio.to_thread(self.archive.renderings.of, stored) if stored else []
            # A text that was cut into several messages is quoted in part.
            said = mark.strip(text)
            for rendering in reversed(kept):
                if said and said in rendering.text:
                    return rendering
        raise SceneError("why-nothing")

    async def close(self) -> None:
        """Wait for what runs and free the model and the archive."""
        await self.measuring.close()
        await self.models.close()
        await asyncio.to_thread(self.archive.close)
