"""Personas: who voices a scene. Some are bundled, people add their own, and ``+`` joins several."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, NoReturn

import regex
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from models.backend import Adapter, Sampling
from scene.atoms import Kind, Lang
from scene.errors import ModelError
from scene.forms import Form

JOIN = "+"
_PLAIN = Sampling()
_ID = regex.compile(r"[\p{Ll}\p{N}_-]{1,32}")
_LANGS = (Lang.RU, Lang.EN)


@dataclass(frozen=True, slots=True)
class Persona:
    """A voice.

    Attributes:
        name: Its id: ``poet``; of several, their ids joined with ``+``.
        titles: Its name for a person, by language.
        manners: How it speaks, by language.
        temperature: Sampling temperature.
        min_p: Sampling cut-off, a share of the likeliest token's probability.
        forms: Forms it likes to speak in, the dearest first.
        masks: Kinds of scene whose masks are in it: none for a voice, one for a mask itself.
        adapters: LoRA adapters that it speaks with, all at once.
    """

    name: str
    titles: Mapping[Lang, str]
    manners: Mapping[Lang, str]
    temperature: float
    min_p: float
    forms: tuple[Form, ...] = ()
    masks: tuple[Kind, ...] = ()
    adapters: tuple[Adapter, ...] = ()

    @property
    def count(self) -> int:
        """How many were joined; 1 when nobody was."""
        return len(self.name.split(JOIN))

    @property
    def prompts(self) -> dict[Lang, str]:
        """What the model is told, by language."""
        if self.count > 1:
            speak = {Lang.RU: "{} говорят одним голосом: {}.", Lang.EN: "The {} speak with one voice: {}."}
        else:
            speak = {Lang.RU: "Говорит {}: {}.", Lang.EN: "The {} speaks: {}."}
        return {lang: _sentence(speak[lang].format(self.titles[lang], self.manners[lang])) for lang in _LANGS}


def _fit_to_be_told(text: str) -> str:
    if JOIN in text or "\n" in text:
        raise ValueError(f"one line without {JOIN}")
    return text


_Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_fit_to_be_told)
]


class _Told(BaseModel):
    """What a file tells of a persona in one language."""

    model_config = ConfigDict(extra="forbid")
    title: Annotated[_Line, Field(max_length=40)]
    manner: Annotated[_Line, Field(max_length=400)]


class _Worn(BaseModel):
    """What a file tells of an adapter."""

    model_config = ConfigDict(extra="forbid")
    path: Annotated[str, StringConstraints(min_length=1)]
    scale: float = Field(1.0, allow_inf_nan=False, ge=-8, le=8)


class _Record(BaseModel):
    """What a file tells of a persona."""

    model_config = ConfigDict(extra="forbid")
    ru: _Told
    en: _Told
    temperature: float = Field(_PLAIN.temperature, gt=0, le=2)
    min_p: float = Field(_PLAIN.min_p, ge=0, lt=1)
    forms: tuple[Form, ...] = ()
    mask: Kind | None = None
    adapters: tuple[_Worn, ...] = ()

    def persona(self, name: str, folder: Path) -> Persona:
        """The persona; paths of adapters are counted from the folder."""
        told = {Lang.RU: self.ru, Lang.EN: self.en}
        return Persona(
            name=name,
            titles={lang: each.title for lang, each in told.items()},
            manners={lang: each.manner.rstrip(".") for lang, each in told.items()},
            temperature=self.temperature,
            min_p=self.min_p,
            forms=self.forms,
            masks=(self.mask,) if self.mask else (),
            adapters=_strongest(
                Adapter(folder / Path(each.path).expanduser(), each.scale) for each in self.adapters
            ),
        )


_FILE = TypeAdapter(dict[str, _Record])


@functools.cache
def personas(folder: Path | None = None) -> Mapping[str, Persona]:
    """All personas by id: the bundled ones, then a person's own, which replace those of the same id.

    Args:
        folder: Where a person's TOML files are, read once a process; None for none.

    Raises:
        ModelError: ``personas-no-folder``, ``persona-file-wrong`` or ``persona-name-taken``.
    """
    text = resources.files("models").joinpath("personas.toml").read_text(encoding="utf-8")
    found = dict(_read(text, Path("personas.toml")))
    if folder is None:
        return found
    own: dict[str, Persona] = {}  # of these, none replaces another
    for path in _files(folder):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            _refuse(path, getattr(error, "strerror", None) or "not UTF-8")
        for name, each in _read(text, path):
            others = own.values() if name in own else [found[other] for other in found if other != name]
            for other in others:
                if taken := sorted(_names(each) & _names(other)):
                    raise ModelError("persona-name-taken", path=str(path), name=taken[0])
            own[name] = found[name] = each
    return found


def persona(name: str, folder: Path | None = None) -> Persona:
    """Find a persona by its id or its title in either language, or join several: ``тело+poet``.

    Args:
        name: Ids or titles, with ``+`` between them; their order means nothing.
        folder: As for ``personas``.

    Raises:
        ModelError: ``persona-unknown`` with the names there are; and those of ``personas``.
    """
    known = personas(folder)
    wanted = [" ".join(part.casefold().split()) for part in name.split(JOIN)]
    for part in wanted:
        if not any(part in _names(each) for each in known.values()):
            raise ModelError("persona-unknown", name=(part or name)[:40], known=", ".join(known))
    return join([each for each in known.values() if not _names(each).isdisjoint(wanted)])


def join(personas_: Iterable[Persona]) -> Persona:
    """Several personas as one.

    Masks come first, the rest stays in the order given. Manners are told one after the other, temperature
    and min-p are means, forms are liked in turn, and adapters are all worn: each at its own scale, a file
    that several wear at its greatest.

    Args:
        personas_: One at least.
    """
    found = sorted(personas_, key=lambda each: not each.masks)
    if len(found) == 1:
        return found[0]
    return Persona(
        name=JOIN.join(each.name for each in found),
        titles={lang: _listed([each.titles[lang] for each in found], lang) for lang in _LANGS},
        manners={lang: "; ".join(each.manners[lang] for each in found) for lang in _LANGS},
        temperature=round(sum(each.temperature for each in found) / len(found), 4),
        min_p=round(sum(each.min_p for each in found) / len(found), 4),
        forms=tuple(dict.fromkeys(form for each in found for form in each.forms)),
        masks=tuple(kind for each in found for kind in each.masks),
        adapters=_strongest(adapter for each in found for adapter in each.adapters),
    )


def mask_for(speaker: Persona, kind: Kind, folder: Path | None = None) -> Persona | None:
    """The mask that a voice puts on for a scene by itself (seed 7.3.4).

    Args:
        speaker: Who speaks.
        kind: The scene's kind. An archetypal one calls for no mask: neither body nor logic claims it.
        folder: As for ``personas``.

    Returns:
        The mask, or None where the speaker wears one already or the scene calls for none.
    """
    if kind is Kind.ARCHETYPAL or speaker.masks:
        return None
    return next((each for each in personas(folder).values() if each.masks == (kind,)), None)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.expanduser().iterdir() if path.suffix == ".toml")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError("personas-no-folder", path=str(folder), reason=reason) from None


def _read(text: str, path: Path) -> Iterator[tuple[str, Persona]]:
    try:
        records = _FILE.validate_python(tomllib.loads(text))
    except ValidationError as error:
        first: Any = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        _refuse(path, f"{where}: {first['msg']}" if where else first["msg"])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        _refuse(path, str(error))
    if not records:
        _refuse(path, "no persona in it")
    for name, record in records.items():
        if not _ID.fullmatch(name):
            _refuse(path, f"{name[:40]}: an id has 1 to 32 small letters, digits, - or _")
        yield name, record.persona(name, path.expanduser().parent)


def _refuse(path: Path, reason: str) -> NoReturn:
    raise ModelError("persona-file-wrong", path=str(path), reason=reason) from None


def _names(each: Persona) -> frozenset[str]:
    return frozenset({each.name, *(" ".join(title.casefold().split()) for title in each.titles.values())})


def _strongest(adapters: Iterable[Adapter]) -> tuple[Adapter, ...]:
    worn: dict[Path, Adapter] = {}
    for adapter in adapters:
        if adapter.path not in worn or adapter.scale > worn[adapter.path].scale:
            worn[adapter.path] = adapter
    return tuple(worn.values())


def _listed(titles: list[str], lang: Lang) -> str:
    last = " и " if lang is Lang.RU else " and "
    return last.join(filter(None, [", ".join(titles[:-1]), titles[-1]]))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
