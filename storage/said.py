"""What was said in dialogues, found again by its words: the functions here are steps of transactions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from scene import dialogue
from storage.spelling import key


def index(db: Database, dialogue_id: int, speakers: tuple[int, int], replicas: Sequence[str]) -> None:
    """Let a dialogue be found by its words: the whole is both scenes', a replica is its speaker's.

    Args:
        db: The database, in a writing transaction.
        dialogue_id: The dialogue.
        speakers: Ids of its scenes, in the order in which they speak.
        replicas: What they say in turn.
    """
    whole = dialogue.script(replicas)
    said = [(scene_id, whole) for scene_id in speakers]
    said += [(speakers[position % 2], text) for position, text in enumerate(replicas)]
    for scene_id, text in said:
        if digest := key(text):
            db.execute("INSERT INTO dialogue_keys VALUES (?, ?, ?)", [dialogue_id, scene_id, digest])


def same(db: Database, owner: int, text: str) -> list[int]:
    """Scenes that said this very text, but for case, spaces, punctuation and ``ё``.

    Args:
        db: The database.
        owner: Whose scenes.
        text: A dialogue without its marks, or one replica.

    Returns:
        Ids of scenes, each once, in the order in which they first spoke in the latest dialogue that has it.
    """
    rows = db.execute(
        """
        SELECT k.scene_id FROM dialogue_keys k JOIN scenes s ON s.id = k.scene_id
        WHERE k.key = ? AND s.owner = ? ORDER BY k.dialogue_id DESC, k.rowid
        """,
        [key(text), owner],
    )
    return list(dict.fromkeys(scene_id for (scene_id,) in rows.fetchall()))
