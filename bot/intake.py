"""Taking in an export, line by line, for the bot and the command line alike."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace

from bot.bridge import Bridge
from scene.errors import ArchiveError, HyperBridgeError, SceneError
from storage import exchange
from storage.archive import Archive
from storage.exchange import MAX_LINE, Entry, OwnWord, Restored

_BATCH = 200  # scenes restored in one transaction


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What came of one line.

    Attributes:
        line: Its number in the file, from 1.
        outcome: What was done for its scene; whether its own word is new; or what is wrong with it.
        was: The code that its scene had, or empty.
    """

    line: int
    outcome: Restored | bool | HyperBridgeError
    was: str = ""


async def take_in(bridge: Bridge, owner: int, lines: Iterable[bytes]) -> AsyncIterator[Taken]:
    """Keep what lines of JSON say; a bad line keeps no other out.

    Args:
        bridge: Holds the archive and the embedder.
        owner: Who will have the scenes.
        lines: UTF-8, as ``storage.exchange.lines_of`` gives them.

    Yields:
        What came of each line that is not blank, in their order, a batch at a time once it is on disk.

    Raises:
        ArchiveError: A fault of the file or the disk; what was yielded before is safe.
    """
    numbered = enumerate(lines, 1)
    while batch := await asyncio.to_thread(lambda: list(itertools.islice(numbered, _BATCH))):
        read = await asyncio.to_thread(_read, bridge.archive, owner, batch)
        entries = [found for _, found in read if isinstance(found, Entry)]
        restored = iter(await _restore(bridge, owner, entries))
        for number, found in read:
            if isinstance(found, Entry):
                yield Taken(number, next(restored), found.code)
            else:
                yield Taken(number, found)


def _read(
    archive: Archive, owner: int, batch: list[tuple[int, bytes]]
) -> list[tuple[int, Entry | bool | HyperBridgeError]]:
    """Read lines and teach their words at once: the scenes that follow may be made of them."""
    found: list[tuple[int, Entry | bool | HyperBridgeError]] = []
    own = archive.own_words.of(owner)
    for number, line in batch:
        if len(line) > MAX_LINE:
            found.append((number, ArchiveError("import-line-too-long", limit=MAX_LINE // 1024**2)))
            continue
        try:
            text = line.decode("utf-8-sig").strip()
            read = exchange.read(text, own) if text else None
        except UnicodeDecodeError:
            found.append((number, SceneError("scene-not-unicode")))
            continue
        except HyperBridgeError as error:
            found.append((number, error))
            continue
        if isinstance(read, OwnWord):
            try:
                found.append((number, archive.own_words.teach(owner, read.word, read.created_at)))
            except ArchiveError as error:
                if error.key != "archive-words-full":
                    raise
                found.append((number, error))
            own = archive.own_words.of(owner)
        elif read is not None:
            found.append((number, read))
    return found


async def _restore(bridge: Bridge, owner: int, entries: list[Entry]) -> list[Restored]:
    """Sign scenes and keep them, all or none."""
    if not entries:
        return []
    embedder = await bridge.models.embedder()

    def work() -> list[Restored]:
        signed = [
            replace(entry, signature=embedder.scene(entry.scene), embedder=embedder.name) for entry in entries
        ]
        return bridge.archive.restore(owner, signed)

    return await asyncio.to_thread(work)
