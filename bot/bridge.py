"""A scene's life, read straight down: parse, choose a form, write, mark, store, reply; and back."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import again, job, metrics
from bot.measuring import Measuring
from bot.reading import Reader, Reading
from bot.settings import Settings
from models import catalog, fetch
from models.backend import Backend
from models.dialogue import Dialogist
from models.embedder import Embedder, signed_by
from models.engine import Engine
from models.engine.machine import cores
from models.ladder import Ladder
from models.mnemonist import Mnemonist
from models.noise.instrument import Instrument
from models.personas import JOIN, Persona, join, mask_for, personas
from models.personas import persona as find_persona
from models.probe import probe
from models.remote import Remote
from models.reranker import Reranker
from models.writer import Writer, Written
from scene import mark
from scene.atoms import Lang, Scene
from scene.choice import Choice, Turn, choose
from scene.errors import ModelError, SceneError
from scene.explain import explain
from scene.forms import Form
from scene.parse import parse
from storage.archive import Archive
from storage.recall import Hit, Query, recall
from storage.records import Rendering, StoredScene

if TYPE_CHECKING:
    from models.sigma.module import SigmaModule

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
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.archive = Archive.open(settings.db)
        self._embedder: Embedder | None = None
        self._engine: Backend | None = None
        self._writer: Writer | None = None
        self._dialogist: Dialogist | None = None
        self._counted = 0  # of the writer's tokens
        self._instrument: Instrument | None = None
        self._loading = asyncio.Lock()
        self.measuring = Measuring()
        self._reader = Reader(self.archive, self.embedder, self.mnemonist)

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
        if running and (before := await asyncio.to_thread(self.archive.written_for, running.job.id, place)):
            # The same words as were written before the bot was cut short: a part of them may have been sent.
            found, voiced, chosen = again.load(before, self.find_persona)
            return Reply(found, voiced, chosen, strength or await self.strength(owner))
        scene = source if isinstance(source, Scene) else await self.scene(owner, source)
        voice = self.find_persona(persona) if persona else await self.persona(owner)
        mask = self.mask(voice, scene) if voice and not persona else None
        choice = choose(
            scene,
            asked=form,
            wording=wording,
            usual=await asyncio.to_thread(self.archive.form, owner),
            persona=voice.name if voice else "",
            liked=voice.forms if voice else (),
            mask=mask.name if mask else "",
            last=await asyncio.to_thread(self._last, owner),
        )
        if voice and mask:
            voice = join([mask, voice])
        # Kept before it is voiced: a full disk is told at once, and a failing model loses no scene.
        stored = await self.keep(owner, scene)
        writer = await self.writer()
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
        await asyncio.to_thread(self.archive.add_rendering, stored, rendering, for_job)
        return Reply(stored, written, choice, strength or await self.strength(owner))

    async def strength(self, owner: int) -> mark.Strength:
        """How plainly the owner's texts are marked: as they set it, else as the settings say."""
        return await asyncio.to_thread(self.archive.strength, owner) or self._settings.mark

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

    @property
    def is_ready(self) -> bool:
        """Whether the model is loaded."""
        return self._writer is not None

    async def persona(self, owner: int) -> Persona | None:
        """Who speaks in an owner's chat.

        Raises:
            ModelError: ``persona-gone`` when it was a person's own and is there no more; or what is wrong
                with those that are.
        """
        name = await asyncio.to_thread(self.archive.persona, owner)
        if not name:
            return None
        gone = [part for part in name.split(JOIN) if part not in self.personas()]
        if gone:
            raise ModelError("persona-gone", name=gone[0])
        return self.find_persona(name)

    async def keep(self, owner: int, scene: Scene) -> StoredScene:
        """Keep a scene with its signature."""
        embedder = await self.embedder()
        signature = await asyncio.to_thread(embedder.scene, scene)
        return await asyncio.to_thread(self.archive.keep, owner, scene, signature, embedder.name)

    def _last(self, owner: int) -> list[Turn]:
        found = self.archive.last_renderings(owner, _LAST)
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
            last = await asyncio.to_thread(self.archive.last_renderings, owner)
            if last:
                return last[0][1]
        elif mark.is_marked(text):
            number = (await self.read(owner, text)).number
            stored = await asyncio.to_thread(self.archive.scene, owner, number) if number else None
            kept = await asyncio.to_thread(self.archive.renderings, stored) if stored else []
            # A text that was cut into several messages is quoted in part.
            said = mark.strip(text)
            for rendering in reversed(kept):
                if said and said in rendering.text:
                    return rendering
        raise SceneError("why-nothing")

    async def parse(self, owner: int, text: str) -> Scene:
        """Read a scene with the owner's own words.

        Raises:
            SceneError: Why the text is no scene.
        """
        if not (self._settings.rerank and self._engine):
            return await asyncio.to_thread(self._parse, owner, text)
        own = await asyncio.to_thread(self.archive.own_words, owner)
        explanation = await asyncio.to_thread(explain, text, own=own)
        with contextlib.suppress(ModelError):  # a model's opinion is welcome, not needed
            explanation = await Reranker(self._engine).choose(explanation)
        return explanation.scene

    def _parse(self, owner: int, text: str) -> Scene:
        return parse(text, own=self.archive.own_words(owner))

    async def scene(self, owner: int, text: str) -> Scene:
        """The scene that a person means: one they kept, by its code or its mark, or a new one.

        Raises:
            SceneError: ``scene-unknown-code``, ``mark-damaged``, or why the text is no scene.
        """
        found = mark.read(text)
        if found is not None:
            return (await self._by_mark(owner, found)).scene
        if mark.damaged(text):
            return (await self.read(owner, text)).scene
        return await self.parse(owner, text)

    async def read(self, owner: int | None, text: str, lang: Lang = Lang.EN) -> Reading:
        """Lead a text back to its scene.

        Args:
            owner: Whose archive to look in; None looks in none.
            text: A rendering, with its mark or without, or any other text.
            lang: The person's language, for a text without words.

        Raises:
            SceneError: ``read-empty``, ``read-not-found``, ``read-code-needs-archive``,
                ``scene-unknown-code``, or ``mark-damaged`` for a woven mark that can't be read where nothing
                kept leads to the scene.
            ModelError: The text has no mark and is not in the archive, and there is no model to ask.
        """
        if not text.strip():
            raise SceneError("read-empty")
        found = mark.read(text)
        if found is not None:
            return await self._by_mark(owner, found)
        return await self._reader.read(owner, mark.strip(text), lang, damaged=mark.damaged(text))

    async def read_all(self, owner: int | None, text: str, lang: Lang = Lang.EN) -> list[Reading]:
        """The scenes of a text with several whole marks, in order, as a dialogue has; else its one scene.

        Args and errors as for ``read``.
        """
        found = [each for each in mark.read_all(text) if each.mnemonic is not None]
        if len(found) < 2:
            return [await self.read(owner, text, lang)]
        return [await self._by_mark(owner, each) for each in found]

    async def recall(self, owner: int, query: str, k: int = 5) -> list[Hit]:
        """Find kept scenes by a mark, words or resonance, best first."""
        found = mark.read(query)
        stored = await asyncio.to_thread(self.archive.by_mark, owner, found) if found else None
        if stored is not None:
            return [Hit(stored, 1.0, "code")]
        if found is not None and found.mnemonic is None:
            return []
        # A scene that was never kept here may have neighbours that were.
        query = mark.strip(query) if found is None else found.mnemonic or ""
        embedder = await self.embedder()
        return await asyncio.to_thread(self._recall, owner, query, k, embedder)

    async def unsigned(self, owner: int) -> int:
        """How many of the owner's scenes can't be found by resonance until ``archive reindex``."""
        return await asyncio.to_thread(self.archive.unsigned, owner, signed_by(self._settings.embedder))

    def _recall(self, owner: int, query: str, k: int, embedder: Embedder) -> list[Hit]:
        try:
            scene = self._parse(owner, query)
        except SceneError:
            scene = None
        vector = embedder.scene(scene) if scene else embedder.text(query)
        asked = Query(text=query, scene=scene, signature=vector, embedder=embedder.name)
        return recall(self.archive, owner, asked, k)

    async def _by_mark(self, owner: int | None, found: mark.Mark) -> Reading:
        if found.mnemonic is not None:
            # A mark means the same in every chat, whatever words were taught there.
            scene = await asyncio.to_thread(parse, found.mnemonic)
            stored = None
            if owner is not None:
                stored = await asyncio.to_thread(self.archive.by_mnemonic, owner, scene.mnemonic)
            return Reading(stored.scene if stored else scene, stored.number if stored else None, "mark", 1.0)
        assert found.number is not None  # a mark has one of the two
        if owner is None:
            raise SceneError("read-code-needs-archive", code=mark.code(found.number))
        stored = await asyncio.to_thread(self.archive.scene, owner, found.number)
        if stored is None:
            raise SceneError("scene-unknown-code", code=mark.code(found.number))
        return Reading(stored.scene, stored.number, "mark", 1.0)

    async def embedder(self) -> Embedder:
        """The embedder, loaded at its first use."""
        async with self._loading:
            if self._embedder is None:
                self._embedder = await asyncio.to_thread(Embedder, self._settings.embedder)
            return self._embedder

    async def writer(self) -> Writer:
        """The writer with its model, loaded at its first use.

        Raises:
            ModelError: ``model-missing`` when the model has not been fetched.
        """
        if self._writer is None:
            # Whoever stops waiting for the model leaves it to the others: half loaded, it would be lost.
            await asyncio.shield(asyncio.ensure_future(self._load()))
        assert self._writer is not None
        return self._writer

    async def _load(self) -> None:
        embedder = await self.embedder()
        async with self._loading:
            if self._writer is None:
                self._engine = await asyncio.to_thread(load_backend, self._settings)
                model = catalog.find(self._settings.model)
                self._dialogist = Dialogist(self._engine, model, embedder)
                self._writer = Writer(self._engine, model, embedder)

    async def dialogist(self) -> Dialogist:
        """What lets scenes talk, with the writer's model.

        Raises:
            ModelError: ``model-missing`` when the model has not been fetched.
        """
        await self.writer()
        assert self._dialogist is not None  # it comes with the writer
        return self._dialogist

    async def mnemonist(self) -> Mnemonist:
        """Names scenes for new texts with the writer's model.

        Raises:
            ModelError: As for ``writer``.
        """
        writer = await self.writer()
        assert self._engine is not None  # what the writer writes with
        return Mnemonist(self._engine, writer.model, await self.embedder())

    def ladder(self) -> Ladder:
        """The model's levels of precision.

        Raises:
            ModelError: ``noise-server`` for a model behind an address.
        """
        model = catalog.find(self._settings.model)
        if model.server is not None:
            raise ModelError("noise-server", url=model.server.url)
        return Ladder(model, budget=self._settings.ladder_budget)

    async def instrument(self) -> Instrument:
        """Measures what precision does to this model's texts; the model itself isn't loaded for it.

        Raises:
            ModelError: ``noise-server`` for a model behind an address.
        """
        # What makes controls, and what the oracle learns with, takes a second to load: when it is asked for.
        from models.structure.control import GaussianControls

        if self._instrument is None:
            ladder, embedder = self.ladder(), await self.embedder()
            self._instrument = Instrument(
                ladder, embedder, hardware=self._settings.hardware, controls=GaussianControls(ladder)
            )
        return self._instrument

    async def sigma(self) -> SigmaModule:
        """Listens to what precision says over this model's texts.

        Raises:
            ModelError: ``noise-server`` for a model behind an address, and as for ``writer``.
        """
        from models.sigma.module import SigmaModule

        ladder, writer = self.ladder(), await self.writer()
        return SigmaModule(ladder, writer, self._settings.threads or cores())

    async def close(self) -> None:
        """Wait for what runs and free the model and the archive."""
        await self.measuring.close()
        if self._engine is not None:
            await asyncio.to_thread(self._engine.close)
        await asyncio.to_thread(self.archive.close)


def load_backend(settings: Settings) -> Backend:
    """What runs the chosen model: its server, or an engine with the model loaded.

    Raises:
        ModelError: ``model-missing`` when the model has not been fetched, or why it can't be loaded.
    """
    model = catalog.find(settings.model)
    if model.server is not None:
        return Remote(model.server, settings.api_key.get_secret_value())
    path = fetch.locate(model)
    if path is None:
        raise ModelError("model-missing", name=model.id, path=str(model.location))
    if not model.sha256:
        probe(path)
    return Engine(path, hardware=settings.hardware, cache=catalog.cache_dir())
