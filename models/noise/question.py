"""What is asked of every level alike."""

from __future__ import annotations

from dataclasses import dataclass

from models.personas import Persona
from scene.atoms import Lang, Scene
from scene.forms import Form


@dataclass(frozen=True, slots=True)
class Question:
    """A scene to voice.

    Attributes:
        scene: What.
        form: How.
        lang: ``RU`` or ``EN``.
        seed: The writer's: a level's text is the first candidate that the writer has for it.
        persona: Who speaks, or None for the form's own voice.
    """

    scene: Scene
    form: Form
    lang: Lang
    seed: int
    persona: Persona | None = None
