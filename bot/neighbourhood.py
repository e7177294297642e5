"""Scenes beside one another: alike, compared, in zones, on a map; for the bot and the command line alike."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass

import numpy as np

from bot.bridge import Bridge
from bot.settling import settle
from models.background import background
from models.embedder import Embedder
from scene import comparison, mark, signature
from scene.atoms import Scene
from scene.calibration import Pair, probability
from scene.comparison import Comparison
from scene.errors import SceneError
from scene.signature import Vector
from storage.recall import Hit, Query, recall
from storage.records import StoredScene
from storage.signatures import Space
from storage.zones import Zone, Zoning

MOST_SHOWN = 1_200
"""Scenes on a map: more would be a stain."""

_LABELLED = 60  # scenes that are offered to a map's labels
_CLOSE = 12  # members of a zone that are told, nearest to its centre first

# The engine of the zones works for one at a time: what two people ask for at once would be computed twice.
_settling = threading.Lock()


@dataclass(frozen=True, slots=True)
class Compared:
    """Two scenes beside one another.

    Attributes:
        a: One scene.
        b: The other.
        code_a: Its code, if it is in the archive.
        code_b: The other's.
        resonance: Of their signatures.
        comparison: What they share.
        path_a: Places of the first one's atoms in a plane, shape (n, 2).
        path_b: Places of the other's.
    """

    a: Scene
    b: Scene
    code_a: str | None
    code_b: str | None
    resonance: float
    comparison: Comparison
    path_a: Vector
    path_b: Vector


@dataclass(frozen=True, slots=True)
class ZoneView:
    """A zone with its scenes.

    Attributes:
        zone: The zone.
        size: How many scenes it has.
        scenes: Those nearest to its centre, nearest first.
    """

    zone: Zone
    size: int
    scenes: tuple[StoredScene, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """A scene on the map.

    Attributes:
        x: Its place to the right.
        y: Its place upwards.
        zone: Its zone's number; None for a lone scene.
        scene: The scene, for its label; None where there is none to be.
    """

    x: float
    y: float
    zone: int | None
    scene: Scene | None


@dataclass(frozen=True, slots=True)
class MapView:
    """What a map shows.

    Attributes:
        dots: The scenes, those first whose labels matter most.
        zones: Zones, the largest first.
        total: How many scenes there are.
        lone: How many of them are in no zone.
    """

    dots: tuple[Dot, ...]
    zones: tuple[ZoneView, ...]
    total: int
    lone: int


class Neighbourhood:
    """Looks at an owner's scenes as a whole. Nothing here blocks the event loop.

    Args:
        bridge: Holds the archive and the embedder.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def similar(self, owner: int, text: str, k: int) -> tuple[Scene, list[Hit]]:
        """The kept scenes that resonate most with one.

        Args:
            owner: Whose scenes.
            text: A scene, a code, or a text with its mark.
            k: Most scenes to give.

        Returns:
            The scene that was meant, and the others, best first.

        Raises:
            SceneError: What is wrong with the text.
        """
        scene = await self._bridge.finder.scene(owner, text)
        embedder = await self._bridge.models.embedder()

        def work() -> list[Hit]:
            asked = Query(text="", signature=embedder.scene(scene), embedder=embedder.name)
            found = recall(self._bridge.archive, owner, asked, k + 1)
            return [hit for hit in found if hit.stored.scene.mnemonic != scene.mnemonic][:k]

        return scene, await asyncio.to_thread(work)

    async def compare(self, owner: int, a: str, b: str) -> Compared:
        """Lay two scenes beside one another; neither is kept.

        Args:
            owner: In whose archive codes are looked up.
            a: A scene, a code, or a text with its mark.
            b: Another.

        Raises:
            SceneError: What is wrong with one of them.
        """
        first, second = await self._known(owner, a), await self._known(owner, b)
        embedder = await self._bridge.models.embedder()
        return await asyncio.to_thread(_compare, embedder, first, second)

    async def _known(self, owner: int, text: str) -> tuple[Scene, str | None]:
        found = mark.read(text)
        if found is None:
            scene = await self._bridge.finder.scene(owner, text)
            stored = await asyncio.to_thread(self._bridge.archive.by_mnemonic, owner, scene.mnemonic)
            return scene, stored.code if stored else None
        reading = await self._bridge.finder.read(owner, text)
        return reading.scene, mark.code(reading.number) if reading.number else None

    async def zones(self, owner: int) -> tuple[list[ZoneView], Zoning]:
        """An owner's zones, the largest first, brought up to date."""
        embedder = await self._bridge.models.embedder()
        return await asyncio.to_thread(self._zones, embedder, owner)

    async def zone_of(self, owner: int, text: str) -> tuple[StoredScene, ZoneView | None]:
        """A kept scene's zone.

        Args:
            owner: Whose scene.
            text: A scene, a code, or a text with its mark.

        Returns:
            The scene, and its zone; None for a lone scene.

        Raises:
            SceneError: ``zone-not-kept``, or what is wrong with the text.
        """
        scene = await self._bridge.finder.scene(owner, text)
        stored = await asyncio.to_thread(self._bridge.archive.by_mnemonic, owner, scene.mnemonic)
        if stored is None:
            raise SceneError("zone-not-kept", mnemonic=scene.mnemonic)
        views, zoning = await self.zones(owner)
        place = zoning.places.get(stored.id)
        number = place.zone if place else None
        return stored, next((view for view in views if view.zone.number == number), None)

    async def map(self, owner: int) -> MapView:
        """What a map of an owner's scenes shows.

        Raises:
            SceneError: ``map-needs-scenes`` when there are fewer than three.
        """
        embedder = await self._bridge.models.embedder()
        return await asyncio.to_thread(self._map, embedder, owner)

    def _zones(self, embedder: Embedder, owner: int) -> tuple[list[ZoneView], Zoning]:
        archive = self._bridge.archive
        with _settling:
            zoning = settle(archive, embedder, background(embedder), owner)
        known = archive.nearest.all(Space(owner, embedder.name, background(embedder).axes.shape[1]))
        rows = {int(scene_id): row for row, scene_id in enumerate(known.scene_ids)}
        views = []
        members: dict[int, list[int]] = {}
        for scene_id, place in zoning.places.items():
            if place.zone is not None and scene_id in rows:
                members.setdefault(place.zone, []).append(scene_id)
        for number, ids in members.items():
            zone = zoning.zones.get(number)
            if zone is None or zone.centre is None:
                continue
            nearness = known.vectors[[rows[i] for i in ids]] @ zone.centre
            nearest = [ids[i] for i in np.argsort(-nearness, kind="stable")[:_CLOSE]]
            found = {stored.id: stored for stored in archive.by_ids(owner, nearest)}
            views.append(ZoneView(zone, len(ids), tuple(found[i] for i in nearest if i in found)))
        return sorted(views, key=lambda view: (-view.size, view.zone.number)), zoning

    def _map(self, embedder: Embedder, owner: int) -> MapView:
        views, zoning = self._zones(embedder, owner)
        total = len(zoning.places)
        if total < 3:
            raise SceneError("map-needs-scenes", count=total)
        labelled = _labelled(views, zoning)
        found = {stored.id: stored.scene for stored in self._bridge.archive.by_ids(owner, labelled)}
        rest = [scene_id for scene_id in zoning.places if scene_id not in set(labelled)]
        room = max(0, MOST_SHOWN - len(labelled))
        if len(rest) > room:
            rest = [rest[i] for i in np.linspace(0, len(rest) - 1, room).round().astype(int)]
        dots = [
            Dot(place.x, place.y, place.zone, found.get(scene_id))
            for scene_id in [*labelled, *rest]
            if (place := zoning.places[scene_id])
        ]
        lone = sum(place.zone is None for place in zoning.places.values())
        return MapView(tuple(dots), tuple(views), total, lone)


def _labelled(views: list[ZoneView], zoning: Zoning) -> list[int]:
    """Scenes that a map names: of each zone in turn the next nearest to its centre, lone ones in between."""
    lone = [scene_id for scene_id, place in zoning.places.items() if place.zone is None][::-1]
    chosen: list[int] = []
    for turn in range(_LABELLED):
        of_zones = [view.scenes[turn].id for view in views if turn < len(view.scenes)]
        chosen += [*of_zones, *lone[2 * turn : 2 * turn + 2]]
        if len(chosen) >= _LABELLED:
            break
    return chosen[:_LABELLED]


def _compare(
    embedder: Embedder, first: tuple[Scene, str | None], second: tuple[Scene, str | None]
) -> Compared:
    (a, code_a), (b, code_b) = first, second
    atoms_a, atoms_b = embedder.chain(signature.glosses(a)), embedder.chain(signature.glosses(b))
    path_a, path_b = comparison.paths(atoms_a, atoms_b)
    return Compared(
        a,
        b,
        code_a,
        code_b,
        _resonance(embedder, a, b),
        comparison.compare(a, b, atoms_a @ atoms_b.T, background(embedder).meaning),
        path_a,
        path_b,
    )


def _resonance(embedder: Embedder, a: Scene, b: Scene) -> float:
    """How likely two scenes are one in other words, by the signatures that scenes are kept with."""
    cosine = signature.resonance(embedder.scene(a), embedder.scene(b))
    return probability(cosine, Pair.SCENES, embedder.name)
