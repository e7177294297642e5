"""Candidates of the real writer, kept in a file: ``python -m tests.bench.pool NAME SCENES [options]``.

Every scene in every form, so many candidates each, with all that the judge found. Quality, the ablation,
the fit of the ranking's weights and the archive's round trips are measured over such files, so that the model
need write only once. ``bench/out/pool-NAME.jsonl`` is one JSON object a line; a run that was broken off goes
on.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from models import catalog, fetch, prompts
from models.backend import Sampling
from models.embedder import Embedder
from models.engine import Engine
from models.judge import Judge, Scores
from models.palette import Palette
from models.writer import sampling_for, trimmed
from scene import signature, tempo
from scene.atoms import Lang, Scene
from scene.forms import Form, Voice, voice
from scene.parse import parse

HERE = Path(__file__).parent
OUT = Path("bench/out")
SEED = 7
AT_ONCE = 4  # requests: their candidates share a decode


@dataclass(frozen=True)
class Choices:
    """What a prompt and its sampling are made of, to be varied."""

    model: str = catalog.default_id()
    style: str = ""
    temperature: float = Sampling().temperature
    min_p: float = Sampling().min_p
    dry: float = 0.8
    repeat_penalty: float = 0.0  # the catalog's
    tempo: bool = True
    shots: int = 0  # 0 takes all, -3 the last three
    reverse: bool = False  # the last example first

    @property
    def entry(self) -> catalog.Model:
        found = catalog.find(self.model)
        found = replace(found, repeat_penalty=self.repeat_penalty or found.repeat_penalty)
        return replace(found, style=self.style) if self.style else found


def scenes(name: str) -> list[Scene]:
    """The scenes of a file beside this one."""
    return [parse(source) for source in (HERE / f"{name}.txt").read_text(encoding="utf-8").split()]


def language(scene: Scene, number: int) -> Lang:
    """The scene's own; emoji are voiced in both by turns."""
    return scene.lang if scene.lang is not Lang.EMOJI else (Lang.RU, Lang.EN)[number % 2]


def read(name: str) -> list[dict[str, Any]]:
    """A pool's candidates."""
    path = OUT / f"pool-{name}.jsonl"
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def scores(row: dict[str, Any]) -> Scores:
    """What the judge found in a candidate of a pool."""
    return Scores(**row["scores"])


def row_of(scene: Scene, form: Form, lang: Lang, text: str, found: Scores) -> dict[str, Any]:
    """A candidate as a pool keeps it."""
    return {
        "source": scene.source,
        "mnemonic": scene.mnemonic,
        "form": form,
        "lang": lang,
        "text": text,
        "scores": {term: round(value, 4) for term, value in asdict(found).items()},
    }


class Pool:
    """Writes candidates.

    Args:
        engine: Runs the model.
        embedder: Judges.
        choices: How.
    """

    def __init__(self, engine: Engine, embedder: Embedder, choices: Choices) -> None:
        self._engine, self._embedder, self._choices = engine, embedder, choices
        self._entry = choices.entry
        self._judge, self._palette = Judge(embedder), Palette(embedder)

    async def rows(self, scene: Scene, form: Form, lang: Lang, count: int) -> list[dict[str, Any]]:
        """One scene's candidates in one form."""
        chosen = self._choices
        breath = tempo.of_scene(scene, self._embedder.chain(signature.glosses(scene)))
        prompt = prompts.build(
            self._entry, self._engine.chat, scene, form, lang,
            asked=breath if chosen.tempo and voice(form, lang).tempo else None,
        )  # fmt: skip
        sampling = replace(
            sampling_for(self._entry, scene, form, lang, self._palette),
            temperature=chosen.temperature,
            min_p=chosen.min_p,
            dry=chosen.dry,
        )
        found = await self._engine.candidates(prompt, sampling, count=count, seed=SEED, owner=id(scene))
        texts = [(trimmed(candidate, form), candidate) for candidate in found.items]
        return [
            row_of(scene, form, lang, text, self._judge.scores(scene, form, lang, text, candidate))
            for text, candidate in texts
            if text
        ]


def _voice(choices: Choices, form: Form, lang: Lang) -> Voice:
    """A form's voice with the examples that are chosen."""
    asked = voice(form, lang)
    shots = asked.shots[choices.shots :] if choices.shots < 0 else asked.shots[: choices.shots or None]
    return replace(asked, shots=shots[::-1] if choices.reverse else shots)


async def fill(name: str, wanted: Sequence[tuple[Scene, Form, Lang]], count: int, choices: Choices) -> None:
    """Write what a pool does not have yet."""
    have = {(row["source"], row["form"], row["lang"]) for row in read(name)}
    left = [(scene, form, lang) for scene, form, lang in wanted if (scene.source, form, lang) not in have]
    if not left:
        return
    path = fetch.locate(choices.entry)
    assert path is not None, "fetch the model first"
    engine = Engine(path, cache=catalog.cache_dir())
    prompts.voice = functools.partial(_voice, choices)  # type: ignore[assignment]
    pool, queue = Pool(engine, Embedder(), choices), iter(left)
    started = time.perf_counter()
    with (OUT / f"pool-{name}.jsonl").open("a", encoding="utf-8") as file:

        async def work(turns: Iterator[tuple[Scene, Form, Lang]]) -> None:
            for scene, form, lang in turns:
                for row in await pool.rows(scene, form, lang, count):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()

        await asyncio.gather(*(work(queue) for _ in range(AT_ONCE)))
    print(f"{name}: {len(left)} × {count} in {time.perf_counter() - started:.0f} s")
    engine.close()


def main() -> None:
    """Fill a pool from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("scenes")
    parser.add_argument("--forms", default=",".join(Form))
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--every", type=int, default=1, help="only every n-th scene")
    parser.add_argument("--turns", action="store_true", help="one form a scene, by turns")
    for field, value in asdict(Choices()).items():
        kind = (lambda text: text == "1") if isinstance(value, bool) else type(value)
        parser.add_argument(f"--{field.replace('_', '-')}", type=kind, default=value)
    given = parser.parse_args()
    forms = [Form(form) for form in given.forms.split(",")]
    listed = list(enumerate(scenes(given.scenes)))[:: given.every]
    wanted = [
        (scene, form, language(scene, number))
        for number, scene in listed
        for at, form in enumerate(forms)
        if not given.turns or number % len(forms) == at
    ]
    OUT.mkdir(parents=True, exist_ok=True)
    choices = Choices(**{field: getattr(given, field) for field in asdict(Choices())})
    asyncio.run(fill(given.name, wanted, given.count, choices))


if __name__ == "__main__":
    main()
