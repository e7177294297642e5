"""Bringing an owner's zones up to date: new scenes are put in; when enough has changed, all are found anew.

It happens when somebody looks, so that keeping a scene costs nothing and whatever else writes to the archive
(an import, another process) needs to know nothing of zones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.background import Background
from models.embedder import Embedder
from scene import plane, signature, zone_names, zones
from scene.errors import ArchiveError
from scene.signature import Vector
from scene.zone_names import Name
from scene.zones import LONE, Labels
from storage.archive import Archive
from storage.signatures import Space
from storage.zones import Place, Zone, Zoning


def settle(archive: Archive, embedder: Embedder, background: Background, owner: int) -> Zoning:
    """Bring an owner's zones up to date and keep them. Takes seconds for thousands of scenes.

    Args:
        archive: Where the scenes are.
        embedder: By whose signatures zones are found.
        background: What resonance means by it.
        owner: Whose scenes.

    Returns:
        Every scene with a signature in its place, and every zone with its name.

    Raises:
        ArchiveError: The archive can't be read or written.
    """
    known = archive.nearest.all(Space(owner, embedder.name, background.axes.shape[1]))
    order = np.argsort(known.scene_ids)
    ids, vectors = [int(i) for i in known.scene_ids[order]], np.asarray(known.vectors[order])
    held = archive.zones.of(owner, embedder.name)
    # A place in a zone that is gone was given by another process at the same time: the scene is new again.
    there = {None, *held.zones}
    held = replace(
        held, places={i: held.places[i] for i in ids if i in held.places and held.places[i].zone in there}
    )

    new = len(ids) - len(held.places)
    stayed = sum(place.clustered for place in held.places.values())
    changed = new + (len(held.places) - stayed) + (held.clustered - stayed)
    whole = all(zone.name and zone.centre is not None for zone in held.zones.values())
    anew = bool(changed) and zones.is_due(len(ids), changed)
    if not new and whole and not anew:
        return held
    zoning = _found(held, ids, vectors, background) if anew else _placed(held, ids, vectors, background)
    zoning = _mapped(zoning, held, ids, vectors, background)
    zoning = _named(archive, embedder, background, owner, zoning, ids, vectors)
    try:
        archive.zones.keep(owner, embedder.name, zoning)
    except ArchiveError as error:
        if error.key != "archive-read-only":  # such an archive can be looked at all the same
            raise
    return zoning


def _found(held: Zoning, ids: list[int], vectors: Vector, background: Background) -> Zoning:
    """Look for zones among all scenes; those that go on keep their number and name."""
    labels = zones.find(vectors, background.nearness)
    former = np.array(
        [(held.places[i].zone or 0) - 1 if i in held.places else LONE for i in ids], dtype=np.int64
    )
    going_on = zones.inherit(labels, former)
    last = held.last_number
    numbers: dict[int, int] = {}
    # The larger of two new zones was there for longer, as far as anybody can tell.
    for label in sorted(
        range(labels.max(initial=LONE) + 1), key=lambda each: -np.count_nonzero(labels == each)
    ):
        if label in going_on:
            numbers[label] = going_on[label] + 1
        else:
            last += 1
            numbers[label] = last
    found = {}
    for label, number in sorted(numbers.items(), key=lambda item: item[1]):
        of = zones.bounds(vectors[labels == label], background.nearness)
        found[number] = replace(held.zones.get(number, Zone(number)), centre=of.centre, reach=of.reach)
    return Zoning(found, _places(ids, labels, numbers, True), last, len(ids), held.laid)


def _placed(held: Zoning, ids: list[int], vectors: Vector, background: Background) -> Zoning:
    """Put new scenes into the zones there are."""
    there = {}
    rows = {scene_id: row for row, scene_id in enumerate(ids)}
    for number, zone in held.zones.items():
        members = [rows[i] for i in held.members(number)]
        if zone.centre is None and members:  # one of its scenes was forgotten
            of = zones.bounds(vectors[members], background.nearness)
            zone = replace(zone, centre=of.centre, reach=of.reach)
        if members:
            there[number] = zone
    open_ = [
        (zone.number, zones.Bounds(zone.centre, zone.reach))
        for zone in there.values()
        if zone.centre is not None
    ]
    new = [scene_id for scene_id in ids if scene_id not in held.places]
    labels = zones.place(vectors[[rows[i] for i in new]], [of for _, of in open_])
    numbers = dict(enumerate(number for number, _ in open_))
    return replace(held, zones=there, places=held.places | _places(new, labels, numbers, False))


def _places(ids: list[int], labels: Labels, numbers: dict[int, int], clustered: bool) -> dict[int, Place]:
    nowhere = float("nan")
    return {
        scene_id: Place(numbers.get(int(label)), nowhere, nowhere, clustered)
        for scene_id, label in zip(ids, labels, strict=True)
    }


def _mapped(zoning: Zoning, held: Zoning, ids: list[int], vectors: Vector, background: Background) -> Zoning:
    """Give every scene a place on the map: those that had one keep it until the archive has grown."""
    nowhere = (float("nan"), float("nan"))
    before = [(held.places[i].x, held.places[i].y) if i in held.places else nowhere for i in ids]
    former = np.array(before, dtype=np.float32).reshape(-1, 2)
    if plane.is_due(len(ids), held.laid):
        zoning = replace(zoning, laid=len(ids))
        laid = plane.lay_out(vectors, former, background.axes)
    else:
        laid = plane.settle(vectors, former)
    places = {
        scene_id: replace(zoning.places[scene_id], x=float(x), y=float(y))
        for scene_id, (x, y) in zip(ids, laid, strict=True)
    }
    return replace(zoning, places=places)


def _named(
    archive: Archive, embedder: Embedder, background: Background, owner: int, zoning: Zoning,
    ids: list[int], vectors: Vector,
) -> Zoning:  # fmt: skip
    """Name zones that have no name, and those that have lost what their name rests on."""
    half = vectors.shape[1] // 2  # of a signature, what it is about: the other half is the order
    common = vectors[:, :half].mean(axis=0) if len(ids) else vectors[:0, :half].sum(axis=0)
    named: dict[int, Zone] = {}
    for number, zone in zoning.zones.items():
        candidates = archive.zones.common_atoms(owner, zoning.members(number))
        if not candidates or zone.centre is None:
            continue
        name = zone.name
        if name is None or not set(name.rests_on) <= {each.lemma for each in candidates}:
            meanings = embedder.chain([signature.gloss(each.lemma, each.lang) for each in candidates])
            name = _without_twins(
                zone_names.name(candidates, meanings, zone.centre[:half], common, background.meaning),
                number,
                named,
            )
        named[number] = replace(zone, name=name)
    return replace(zoning, zones=named)


def _without_twins(name: Name, number: int, named: dict[int, Zone]) -> Name:
    """Two zones of one name are told apart by their numbers."""
    taken = {(other.name.ru, other.name.en) for other in named.values() if other.name}
    if not any(name.ru == ru or name.en == en for ru, en in taken):
        return name
    return replace(name, ru=f"{name.ru} ({number})", en=f"{name.en} ({number})")
