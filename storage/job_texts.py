"""The text that was written for a job (``storage.jobs``), so that it is not written anew: each function here
is one step of a transaction of ``storage.archive``."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from storage import records
from storage.records import Rendering, StoredScene


@dataclass(frozen=True, slots=True)
class Written:
    """What lets a job find a text again.

    Attributes:
        job_id: The job's ``storage.jobs.Job.id``.
        position: The text's place among all that the job writes, from 0.
        beside: What its reader needs beside the kept text, JSON.
    """

    job_id: int
    position: int
    beside: str


def add(db: Database, written: Written, rendering_id: int) -> None:
    """Note for which job a text was written; nothing if the job is gone."""
    db.execute(
        "INSERT OR REPLACE INTO job_texts SELECT id, ?, ?, ? FROM jobs WHERE id = ?",
        [written.position, rendering_id, written.beside, written.job_id],
    )


def get(db: Database, job_id: int, position: int) -> tuple[StoredScene, Rendering, str] | None:
    """The scene, the text and what was kept beside it, if it was written."""
    query = (
        "SELECT scene_id, rendering_id, written FROM job_texts "
        "JOIN renderings ON renderings.id = rendering_id WHERE job_id = ? AND position = ?"
    )
    rows = db.execute(query, [job_id, position]).fetchall()
    if not rows:
        return None
    scene_id, rendering_id, beside = rows[0]
    (stored,) = records.select(db, "SELECT * FROM scenes WHERE id = ?", [scene_id])
    return stored, records.rendering(db, rendering_id), beside
