"""A text that was written before the bot was cut short, as the writer gave it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from models.judge import Scores
from models.personas import Persona
from models.writer import Written
from scene.choice import Choice
from scene.forms import Form
from storage.records import Rendering, StoredScene
from storage.renderings import ForJob


def dump(job_id: int, position: int, written: Written) -> ForJob:
    """What must be kept beside a text of a job.

    Args:
        job_id: For which job it was written.
        position: Its place among all that the job writes, from 0.
        written: The text as the writer gave it.
    """
    beside = {
        "scores": {name: float(value) for name, value in asdict(written.scores).items()},
        "failed": written.failed,
        "missing": written.missing,
        "first_token_seconds": float(written.first_token_seconds),
    }
    return ForJob(job_id, position, json.dumps(beside, ensure_ascii=False))


def load(
    before: tuple[StoredScene, Rendering, str], find_persona: Callable[[str], Persona]
) -> tuple[StoredScene, Written, Choice]:
    """The scene, its text as the writer gave it but for other candidates, and why it has its form."""
    stored, kept, beside = before
    rest = json.loads(beside)
    assert kept.chosen_by is not None
    assert kept.reason is not None  # only texts that are older than jobs lack them
    form = Form(kept.form)
    written = Written(
        text=kept.text,
        form=form,
        lang=kept.lang,
        persona=find_persona(kept.persona) if kept.persona else None,
        seed=kept.seed,
        scores=Scores(**rest["scores"]),
        others=(),
        failed=tuple(rest["failed"]),
        missing=tuple(rest["missing"]),
        candidates=kept.candidates,
        first_token_seconds=rest["first_token_seconds"],
        seconds=kept.seconds,
    )
    return stored, written, Choice(form, kept.chosen_by, kept.reason)
