"""The versions of scenes' texts, and which of them were written for a job (``storage.jobs``)."""

from __future__ import annotations

from dataclasses import dataclass

from storage import records
from storage.connection import Connection
from storage.records import Rendering, StoredScene


@dataclass(frozen=True, slots=True)
class ForJob:
    """What lets a job find a text again.

    Attributes:
        job_id: The job's ``storage.jobs.Job.id``.
        position: The text's place among all that the job writes, from 0.
        beside: What its reader needs beside the kept text, JSON.
    """

    job_id: int
    position: int
    beside: str


class Renderings:
    """The texts of every owner.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, stored: StoredScene, rendering: Rendering, for_job: ForJob | None = None) -> None:
        """Add a text to a kept scene's versions.

        Args:
            stored: The scene.
            rendering: The text.
            for_job: What lets the job that the text was written for find it again, if it was for one.

        Raises:
            ArchiveError: ``archive-scene-gone`` if the scene was forgotten meanwhile.
        """
        with self._connection.writing() as db:
            records.must_be_there(db, stored)
            rendering_id = records.add_rendering(db, stored, rendering)
            if for_job is not None:
                # Nothing for a job that is gone.
                db.execute(
                    "INSERT OR REPLACE INTO job_texts SELECT id, ?, ?, ? FROM jobs WHERE id = ?",
                    [for_job.position, rendering_id, for_job.beside, for_job.job_id],
                )

    def of(self, stored: StoredScene) -> list[Rendering]:
        """All versions of a scene's text, oldest first; none if the scene was forgotten meanwhile."""
        with self._connection.reading() as db:
            return records.renderings(db, stored)

    def last(self, owner: int, n: int = 1) -> list[tuple[int, Rendering]]:
        """The owner's last texts, whatever their scenes.

        Args:
            owner: Whose texts.
            n: Most texts to give.

        Returns:
            Each text with its scene's number, newest first.
        """
        with self._connection.reading() as db:
            return records.last_renderings(db, owner, n)

    def written_for(self, job_id: int, position: int) -> tuple[StoredScene, Rendering, str] | None:
        """The text that a job had written before it was cut short.

        Args:
            job_id: ``storage.jobs.Job.id``.
            position: The text's place among all that the job has written, from 0.

        Returns:
            The scene, the text, and what was kept beside it; None when none was written yet.
        """
        query = (
            "SELECT scene_id, rendering_id, written FROM job_texts "
            "JOIN renderings ON renderings.id = rendering_id WHERE job_id = ? AND position = ?"
        )
        with self._connection.reading() as db:
            rows = db.execute(query, [job_id, position]).fetchall()
            if not rows:
                return None
            scene_id, rendering_id, beside = rows[0]
            (stored,) = records.select(db, "SELECT * FROM scenes WHERE id = ?", [scene_id])
            return stored, records.rendering(db, rendering_id), beside
