"""The scenes that people mean: by a code, a mark, a text, words or resonance, or new ones."""

from __future__ import annotations

import asyncio
import contextlib

from bot.loading import Models
from bot.reading import Reader, Reading
from bot.settings import Settings
from models.embedder import Embedder, signed_by
from models.reranker import Reranker
from scene import mark
from scene.atoms import Lang, Scene
from scene.errors import ModelError, SceneError
from scene.explain import explain
from scene.parse import parse
from storage.archive import Archive
from storage.recall import Hit, Query, recall


class Finder:
    """Finds scenes. Nothing here blocks the event loop.

    Args:
        settings: Whether the model is asked where a word can be read in several ways.
        archive: Where kept scenes are.
        models: What reads texts without a mark.
    """

    def __init__(self, settings: Settings, archive: Archive, models: Models) -> None:
        self._settings = settings
        self._archive = archive
        self._models = models
        self._reader = Reader(archive, models.embedder, models.mnemonist)

    async def parse(self, owner: int, text: str) -> Scene:
        """Read a scene with the owner's own words.

        Raises:
            SceneError: Why the text is no scene.
        """
        if not (self._settings.rerank and self._models.backend):
            return await asyncio.to_thread(self._parse, owner, text)
        own = await asyncio.to_thread(self._archive.own_words.of, owner)
        explanation = await asyncio.to_thread(explain, text, own=own)
        with contextlib.suppress(ModelError):  # a model's opinion is welcome, not needed
            explanation = await Reranker(self._models.backend).choose(explanation)
        return explanation.scene

    def _parse(self, owner: int, text: str) -> Scene:
        return parse(text, own=self._archive.own_words.of(owner))

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
        stored = await asyncio.to_thread(self._archive.by_mark, owner, found) if found else None
        if stored is not None:
            return [Hit(stored, 1.0, "code")]
        if found is not None and found.mnemonic is None:
            return []
        # A scene that was never kept here may have neighbours that were.
        query = mark.strip(query) if found is None else found.mnemonic or ""
        embedder = await self._models.embedder()
        return await asyncio.to_thread(self._recall, owner, query, k, embedder)

    async def unsigned(self, owner: int) -> int:
        """How many of the owner's scenes can't be found by resonance until ``archive reindex``."""
        return await asyncio.to_thread(
            self._archive.signing.unsigned, owner, signed_by(self._settings.embedder)
        )

    def _recall(self, owner: int, query: str, k: int, embedder: Embedder) -> list[Hit]:
        try:
            scene = self._parse(owner, query)
        except SceneError:
            scene = None
        vector = embedder.scene(scene) if scene else embedder.text(query)
        asked = Query(text=query, scene=scene, signature=vector, embedder=embedder.name)
        return recall(self._archive, owner, asked, k)

    async def _by_mark(self, owner: int | None, found: mark.Mark) -> Reading:
        if found.mnemonic is not None:
            # A mark means the same in every chat, whatever words were taught there.
            scene = await asyncio.to_thread(parse, found.mnemonic)
            stored = None
            if owner is not None:
                stored = await asyncio.to_thread(self._archive.by_mnemonic, owner, scene.mnemonic)
            return Reading(stored.scene if stored else scene, stored.number if stored else None, "mark", 1.0)
        assert found.number is not None  # a mark has one of the two
        if owner is None:
            raise SceneError("read-code-needs-archive", code=mark.code(found.number))
        stored = await asyncio.to_thread(self._archive.scene, owner, found.number)
        if stored is None:
            raise SceneError("scene-unknown-code", code=mark.code(found.number))
        return Reading(stored.scene, stored.number, "mark", 1.0)
