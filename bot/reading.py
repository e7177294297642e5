"""A text led back to its scene, when it carries no mark: step by step, the surest way first.

1. The very text, but for case, spaces, punctuation and ``ё``.
2. A text that resembles it: mistyped, cut, quoted, transliterated.
3. Resonance: a scene whose signature is near the text's.
4. The model names scenes, and each is checked.

Every step has a score that means something; below ``CLAIM`` a kept scene is not claimed, and the next step
is tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from models.embedder import Embedder
from models.mnemonist import Mnemonist
from scene import words
from scene.atoms import Lang, Scene
from scene.errors import ModelError, SceneError
from storage import said, texts
from storage.archive import Archive
from storage.near import near
from storage.recall import Hit, Query, recall

CLAIM = 0.5
"""A kept scene that a text came from less likely than this is not claimed."""

How = Literal["mark", "text", "resonance", "model"]
Tried = Literal["mark", "exact", "near", "resonance", "model"]

_GUESS = 0.02  # and less likely than this, it is not even worth a guess
_LOOKED_AT = 5  # scenes of each step; those that are not the answer are told beside it
_RESONANT = 50  # nearest scenes of which the atoms are looked for in the text
_LONGEST = 35_000  # characters of a text that are read; a message has no more bytes


@dataclass(frozen=True, slots=True)
class Step:
    """One way that was tried.

    Attributes:
        name: Which.
        score: Its best score, 0 to 1; 0 when it found nothing.
    """

    name: Tried
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """A scene that a text may have come from.

    Attributes:
        scene: The scene.
        number: n of ``SCN-n`` when it is in the archive, else None.
        how: By which step.
        score: 0 to 1: how likely a kept scene is, or what share of the atoms of the model's is likely right.
    """

    scene: Scene
    number: int | None
    how: How
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A text led back to its scene.

    Attributes:
        scene: The scene.
        number: n of ``SCN-n`` when the scene is in the archive, else None.
        how: By its mark, by a kept text, by resonance, or named by the model.
        score: 0 to 1; 1 for a mark.
        others: Further scenes, best first.
        steps: What was tried, in order.
        damaged: The text had a woven mark that can't be read any more.
    """

    scene: Scene
    number: int | None
    how: How
    score: float
    others: tuple[Found, ...] = ()
    steps: tuple[Step, ...] = ()
    damaged: bool = False


class Reader:
    """Reads texts without a mark. Nothing here blocks the event loop.

    Args:
        archive: Where kept texts are.
        embedder: Gives the embedder, loaded only when a text gets so far.
        mnemonist: Gives the mnemonist, likewise.
    """

    def __init__(
        self,
        archive: Archive,
        embedder: Callable[[], Awaitable[Embedder]],
        mnemonist: Callable[[], Awaitable[Mnemonist]],
    ) -> None:
        self._archive = archive
        self._embedder = embedder
        self._mnemonist = mnemonist
        self._ways: tuple[tuple[Tried, Callable[[int, str], Awaitable[list[Found]]]], ...] = (
            ("exact", self._exact),
            ("near", self._near),
            ("resonance", self._resonance),
        )

    async def read(self, owner: int | None, text: str, lang: Lang, *, damaged: bool = False) -> Reading:
        """Lead a text back to its scene.

        Args:
            owner: Whose archive to look in; None looks in none.
            text: A text without a mark; what is beyond 35,000 characters is not looked at.
            lang: The person's language, for a text without words.
            damaged: It had a woven mark that is lost. Somebody has its scene: no other one is named for it.

        Raises:
            SceneError: ``read-not-found`` for a text in which there is nothing to go by, ``mark-damaged`` for
                one with a lost mark to which nothing kept belongs.
            ModelError: Nothing kept is like the text, and there is no model to ask, or it failed.
        """
        # A lone surrogate (invalid UTF-8 on stdin) can't even be looked for.
        text = text[:_LONGEST].encode(errors="replace").decode()
        steps: list[Step] = []
        others: list[Found] = []
        if owner is not None:
            for name, way in self._ways:
                found = await way(owner, text)
                steps.append(Step(name, found[0].score if found else 0.0))
                # That several scenes share the very text makes each less likely, and is no reason to go on.
                if found and (found[0].score >= CLAIM or name == "exact"):
                    return _reading([*found, *others], steps, damaged)
                others += found
        if damaged:
            raise SceneError("mark-damaged")
        others.sort(key=lambda each: -each.score)
        # Without a model, or where it has nothing to go by, a guess is told as what it is.
        guess = bool(others) and others[0].score >= _GUESS
        try:
            found = await self._model(owner, text, lang)
        except ModelError:
            if not guess:
                raise
            found = []
        if not found and not guess:
            raise SceneError("read-not-found")
        if found:
            steps.append(Step("model", found[0].score))
        return _reading([*found, *others], steps)

    async def _exact(self, owner: int, text: str) -> list[Found]:
        return await asyncio.to_thread(self._kept_exactly, owner, text)

    def _kept_exactly(self, owner: int, text: str) -> list[Found]:
        with self._archive.reading() as db:
            ids = texts.same(db, owner, text)
            spoken = said.same(db, owner, text)
        by_word = self._archive.by_mnemonic(owner, text.strip())
        ids = list(dict.fromkeys([*([by_word.id] if by_word else []), *ids]))[: _LOOKED_AT * 2]
        # Of scenes that share a text any may be meant; those that speak in a dialogue are.
        scored = [(each, 1 / len(ids)) for each in ids] or [(each, 1.0) for each in spoken[: _LOOKED_AT * 2]]
        return self._found(owner, scored, "text")

    async def _near(self, owner: int, text: str) -> list[Found]:
        return await asyncio.to_thread(self._kept_nearly, owner, text)

    def _kept_nearly(self, owner: int, text: str) -> list[Found]:
        hits = near(self._archive, owner, text, _LOOKED_AT)
        return self._found(owner, [(hit.scene_id, hit.probability) for hit in hits], "text")

    async def _resonance(self, owner: int, text: str) -> list[Found]:
        return await asyncio.to_thread(self._resonant, owner, text, await self._embedder())

    def _resonant(self, owner: int, text: str, embedder: Embedder) -> list[Found]:
        signature = embedder.text(text)
        if signature is None:
            return []
        asked = Query(text="", signature=signature, embedder=embedder.name)
        heard = words.lemmas_in(text)
        hits = recall(self._archive, owner, asked, _RESONANT)

        def rank(hit: Hit) -> tuple[bool, float]:
            """Of those that may be claimed, the one whose atoms are heard: then of the others."""
            kept = [bool(words.lemmas_in(atom.text) & heard) for atom in hit.stored.scene.atoms]
            return hit.score >= CLAIM, hit.score * (1 + sum(kept) / len(kept))

        best = sorted(hits, key=rank, reverse=True)[:_LOOKED_AT]
        return [Found(hit.stored.scene, hit.stored.number, "resonance", hit.score) for hit in best]

    def _found(self, owner: int, scored: Sequence[tuple[int, float]], how: How) -> list[Found]:
        # Another process may have forgotten one since it was found.
        stored = {each.id: each for each in self._archive.by_ids(owner, [each for each, _ in scored])}
        return [
            Found(stored[scene_id].scene, stored[scene_id].number, how, score)
            for scene_id, score in scored
            if scene_id in stored
        ]

    async def _model(self, owner: int | None, text: str, lang: Lang) -> list[Found]:
        mnemonist = await self._mnemonist()
        own = await asyncio.to_thread(self._archive.own_words.of, owner) if owner is not None else frozenset()
        proposals = await mnemonist.propose(text, lang, own=own, owner=owner or 0)
        found = []
        for proposal in proposals:
            scene = proposal.scene
            stored = None
            if owner is not None:
                stored = await asyncio.to_thread(self._archive.by_mnemonic, owner, scene.mnemonic)
            number = stored.number if stored else None
            found.append(Found(stored.scene if stored else scene, number, "model", proposal.score))
        return found


def _reading(found: Sequence[Found], steps: Sequence[Step], damaged: bool = False) -> Reading:
    best, *rest = found
    others: dict[str, Found] = {}
    for each in rest:
        others.setdefault(each.scene.mnemonic, each)
    others.pop(best.scene.mnemonic, None)
    beside = tuple(others.values())[:_LOOKED_AT]
    return Reading(best.scene, best.number, best.how, best.score, beside, tuple(steps), damaged)
