"""The archive as lines of JSON: what an export has on each, and what is read from one.

A line is an own word (``{"word": …}``) or a scene (``{"source": …}``); of a scene, nothing but its source is
needed. Phases, kind, lemmas and mnemonic are made anew from a scene's words: what reads them may have learnt
since, and a line that somebody wrote by hand can't break what the archive promises of a mnemonic.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from scene import mark
from scene import own as own_words
from scene.atoms import Lang, Scene
from scene.choice import By, Reason
from scene.errors import ArchiveError
from scene.forms import Form
from scene.parse import MAX_CHARACTERS, parse
from storage import dialogues, noise, records
from storage.dialogues import Dialogue, StoredDialogue, Voice
from storage.noise import Measurement
from storage.records import Rendering, StoredScene

MAX_LINE = 32 * 1024 * 1024
"""Bytes of the longest line that is read: thousands of texts for one scene."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class OwnWord:
    """An own word to be restored.

    Attributes:
        word: As ``scene.own.word`` gives it.
        created_at: When it was taught, if that is known.
    """

    word: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class With:
    """A dialogue to be restored, seen from one of its scenes.

    Attributes:
        other: The other scene.
        begins: Whether the other one speaks first.
        dialogue: What they said.
    """

    other: Scene
    begins: bool
    dialogue: Dialogue


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A scene to be restored.

    Attributes:
        scene: The scene.
        code: The code it had, or empty.
        created_at: When it was first kept, if that is known.
        renderings: Its texts, oldest first.
        signature: Its L2-normalised vector, shape (dimension,), if there is one.
        embedder: Name of the embedder that made the signature.
        dialogues: Those with scenes that were kept earlier.
        noise: Measurements of its texts, oldest first.
    """

    scene: Scene
    code: str = ""
    created_at: datetime | None = None
    renderings: Sequence[Rendering] = ()
    signature: NDArray[np.float32] | None = None
    embedder: str = ""
    dialogues: Sequence[With] = ()
    noise: Sequence[Measurement] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What restoring an entry did.

    Attributes:
        stored: The scene as it is in the archive now.
        new: The scene was not there before.
        renderings: How many texts were not.
    """

    stored: StoredScene
    new: bool
    renderings: int


def line_of(
    stored: StoredScene,
    renderings: Sequence[Rendering],
    dialogues: Sequence[StoredDialogue],
    measurements: Sequence[Measurement],
) -> dict[str, Any]:
    """A scene's line, before ``json.dumps``; a dialogue stands with the later of its scenes."""
    scene = asdict(stored.scene)
    for atom in scene["atoms"]:
        del atom["confidence"]  # not kept, so that any figure here would be made up
    return {
        "code": stored.code,
        "created_at": stored.created_at.isoformat(),
        **scene,
        "renderings": [
            asdict(rendering) | {"created_at": rendering.created_at.isoformat()} for rendering in renderings
        ],
        "dialogues": [
            _with(stored, each)
            for each in dialogues
            if stored.number == max(scene.number for scene in each.scenes)
        ],
        "noise": [asdict(each) | {"created_at": each.created_at.isoformat()} for each in measurements],
    }


def _with(stored: StoredScene, held: StoredDialogue) -> dict[str, Any]:
    begins = held.scenes[0].id != stored.id
    return {
        "with": held.scenes[not begins].scene.mnemonic,
        "begins": begins,
        **asdict(held.dialogue),
        "created_at": held.dialogue.created_at.isoformat(),
    }


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file; of one that is too long only so much as tells that it is."""
    while line := file.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE + 1)


def read(line: str, own: frozenset[str]) -> OwnWord | Entry:
    """Read a line.

    Args:
        line: One JSON object.
        own: Own words, for a scene of which the line has only the source.

    Raises:
        ArchiveError: ``archive-line-not-json``, ``archive-line-neither`` or ``archive-line-wrong``.
        SceneError: Why the word is no own word, or the source no scene.
    """
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ArchiveError("archive-line-not-json") from error
    if not isinstance(data, dict) or not ({"word", "source"} & data.keys()):
        raise ArchiveError("archive-line-neither")
    if "word" in data:
        return OwnWord(own_words.word(_text(data, "word")), _time(data))
    return Entry(
        scene=_scene(data, own),
        code=_text(data, "code") if "code" in data else "",
        created_at=_time(data),
        renderings=[_rendering(each) for each in _list(data, "renderings")],
        dialogues=[_dialogue(each) for each in _list(data, "dialogues")],
        noise=[_measurement(each) for each in _list(data, "noise")],
    )


def _scene(data: dict[str, Any], own: frozenset[str]) -> Scene:
    source = _text(data, "source")
    texts = [_text(atom, "text") for atom in _list(data, "atoms")]
    if not texts:
        return parse(source, own=own)
    if len(source) > 2 * MAX_CHARACTERS:  # the dots of a mnemonic come on top of the characters
        raise ArchiveError("archive-line-wrong", name="source")
    # With dots between them, atoms are taken as they are.
    scene = parse(mark.fuse(texts, dotted=True), own=own)
    if [atom.text for atom in scene.atoms] != texts:
        raise ArchiveError("archive-line-wrong", name="atoms")
    return replace(scene, source=source)


def _rendering(data: dict[str, Any]) -> Rendering:
    return Rendering(
        form=_as(Form, data, "form"),
        persona=_text(data, "persona"),
        lang=_as(Lang, data, "lang"),
        text=_text(data, "text"),
        model=_text(data, "model"),
        seed=int(_number(data, "seed")),
        resonance=None if data.get("resonance") is None else _number(data, "resonance"),
        coverage=None if data.get("coverage") is None else _number(data, "coverage"),
        candidates=int(_number(data, "candidates")),
        seconds=_number(data, "seconds"),
        created_at=_time(data) or datetime.now(UTC),
        chosen_by=_as(By, data, "chosen_by") if data.get("chosen_by") else None,
        reason=_as(_reason, data, "reason") if data.get("reason") else None,
    )


def _measurement(data: dict[str, Any]) -> Measurement:
    if not isinstance(data.get("found"), dict):
        raise ArchiveError("archive-line-wrong", name="noise")
    _text({"noise": json.dumps(data["found"], ensure_ascii=False)}, "noise")
    return Measurement(
        form=_as(Form, data, "form"),
        persona=_text(data, "persona"),
        lang=_as(Lang, data, "lang"),
        found=data["found"],
        created_at=_time(data) or datetime.now(UTC),
    )


def _dialogue(data: dict[str, Any]) -> With:
    voices = [Voice(_text(voice, "persona"), _text(voice, "mask")) for voice in _list(data, "voices")]
    replicas = data.get("replicas")
    if len(voices) != 2 or not isinstance(replicas, list) or not isinstance(data.get("begins"), bool):
        raise ArchiveError("archive-line-wrong", name="dialogues")
    return With(
        parse(_text(data, "with")),
        data["begins"],
        Dialogue(
            (voices[0], voices[1]),
            tuple(_text({"replicas": text}, "replicas") for text in replicas),
            _as(Lang, data, "lang"),
            _text(data, "model"),
            int(_number(data, "seed")),
            _time(data) or datetime.now(UTC),
        ),
    )


def _reason(data: object) -> Reason:
    return Reason.load(json.dumps(data))


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise ArchiveError("archive-line-wrong", name=name)
    return value


def _number(data: dict[str, Any], name: str) -> float:
    value = data.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63:  # nor NaN
        return value
    raise ArchiveError("archive-line-wrong", name=name)


def _list(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ArchiveError("archive-line-wrong", name=name)
    return value


def _time(data: dict[str, Any]) -> datetime | None:
    if "created_at" not in data:
        return None
    time = _as(datetime.fromisoformat, data, "created_at")
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _as(make: Callable[[Any], Made], data: dict[str, Any], name: str) -> Made:
    try:
        return make(data.get(name))
    except (TypeError, ValueError) as error:
        raise ArchiveError("archive-line-wrong", name=name) from error


def restore(db: Database, owner: int, entry: Entry) -> Restored:
    """Keep a scene with those of its texts that are not there yet."""
    # Not the count of scenes, which takes the longer the more there are.
    numbered = "SELECT coalesce(max(last_number), 0) FROM owners WHERE owner = ?"
    before = records.number(db, numbered, [owner])
    stored = records.keep(db, owner, entry.scene, entry.signature, entry.embedder, entry.created_at)
    new = stored.number > before
    # One text may well have been written twice; as often as either side has it, it is there afterwards.
    there = Counter(_same(rendering) for rendering in ([] if new else records.renderings(db, stored)))
    missing = []
    for rendering in entry.renderings:
        there[_same(rendering)] -= 1
        if there[_same(rendering)] < 0:
            missing.append(rendering)
    for rendering in missing:
        records.add_rendering(db, stored, rendering)
    for each in entry.dialogues:
        _restore_dialogue(db, stored, each)
    found = [measured.found for measured in noise.of(db, stored)] if entry.noise else []
    for measured in entry.noise:
        if measured.found not in found:
            noise.add(db, stored, measured)
    return Restored(stored, new, len(missing))


def _restore_dialogue(db: Database, stored: StoredScene, each: With) -> None:
    other = records.keep(db, stored.owner, each.other, None, "")
    there = (held.dialogue for held in dialogues.of(db, stored))
    if all(dialogue.replicas != each.dialogue.replicas for dialogue in there):
        scenes = (other, stored) if each.begins else (stored, other)
        dialogues.add(db, scenes, each.dialogue)


def _same(rendering: Rendering) -> tuple[str, str, str, str, int]:
    # Not its time: a line that somebody wrote by hand may have none.
    return rendering.form, rendering.persona, rendering.text, rendering.model, rendering.seed
