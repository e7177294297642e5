"""Personas: who voices a scene."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources

from scene.atoms import Lang
from scene.errors import ModelError


@dataclass(frozen=True, slots=True)
class Persona:
    """A voice.

    Attributes:
        name: Its id: ``philosopher``, ``poet`` or ``interface``.
        temperature: Sampling temperature.
        min_p: Sampling cut-off, a share of the likeliest token's probability.
        titles: Its name for a person, by language.
        prompts: What the model is told, by language.
    """

    name: str
    temperature: float
    min_p: float
    titles: dict[Lang, str]
    prompts: dict[Lang, str]


@functools.cache
def personas() -> dict[str, Persona]:
    """All personas by id."""
    data = tomllib.loads(resources.files("models").joinpath("personas.toml").read_text(encoding="utf-8"))
    return {
        name: Persona(
            name=name,
            temperature=float(record["temperature"]),
            min_p=float(record["min_p"]),
            titles={lang: record[lang]["title"] for lang in (Lang.RU, Lang.EN)},
            prompts={lang: record[lang]["prompt"] for lang in (Lang.RU, Lang.EN)},
        )
        for name, record in data.items()
    }


def persona(name: str) -> Persona:
    """Find a persona by its id or by its title in either language.

    Raises:
        ModelError: ``persona-unknown`` with the names there are.
    """
    wanted = name.casefold()
    for candidate in personas().values():
        if wanted in (candidate.name, *candidate.titles.values()):
            return candidate
    raise ModelError("persona-unknown", name=name[:40], known=", ".join(personas()))
