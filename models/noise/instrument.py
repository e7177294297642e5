"""The instrument: one thought at every level, and how far each level is from the reference."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from models import writer
from models.embedder import Embedder
from models.engine.context import Hardware
from models.judge import Judge
from models.ladder import Ladder, Rung
from models.llama import Llama
from models.noise.alone import Cancelled, alone
from models.noise.hearing import Asked, Heard, Told, hear, parting, read, tell
from models.noise.question import Question
from models.noise.reader import Reader
from models.noise.results import Control, LevelNoise, Noise, Summary
from models.noise.run import DEFAULT_LEVELS, KV_LEVELS, Run, known
from models.palette import Palette
from models.partial import Progress, silent
from scene.atoms import Scene
from scene.errors import ModelError

__all__ = ["DEFAULT_LEVELS", "KV_LEVELS", "Controls", "Instrument"]


class Controls(Protocol):
    """Makes models that chance disturbs as strongly as a level's quantization does."""

    def lent(self, reference: Rung, level: Rung, seed: int) -> AbstractContextManager[Path]:
        """The file of a disturbed reference, for as long as it is used."""


class Instrument:
    """Measures what precision does to a thought.

    Args:
        ladder: The model's levels.
        embedder: Says how a scene moves, and how surely a text voices it.
        hardware: What the model runs on; its type of cache is not heeded, and its flash attention only by
            levels of ``KV_LEVELS``.
        controls: For measurements that ask for a control.
    """

    def __init__(
        self,
        ladder: Ladder,
        embedder: Embedder,
        *,
        hardware: Hardware = Hardware(),  # noqa: B008 - frozen
        controls: Controls | None = None,
    ) -> None:
        self._ladder = ladder
        self._embedder = embedder
        self._judge = Judge(embedder)
        self._palette = Palette(embedder)
        self._hardware = hardware
        self._controls = controls

    def measure(
        self,
        question: Question,
        levels: Sequence[str] = DEFAULT_LEVELS,
        progress: Progress = silent,
        cancelled: Cancelled = lambda: False,
        control: int = 0,
    ) -> Noise:
        """Let the reference voice a scene, every level read that, and write for itself; blocks.

        The cache is F32, so that only weights differ, but for ``KV_LEVELS``.

        Args:
            question: What is voiced.
            levels: Names of levels, those of ``KV_LEVELS`` among them.
            progress: Told of hundredths of levels as ``read LEVEL``, ``write LEVEL`` and ``control LEVEL``;
                where a level is to be built, the ladder tells of that in its own way.
            cancelled: Asked before every token, and many times a second while many are read.
            control: How many times noise of each level's strength is drawn: none, or at least twice.

        Raises:
            ModelError: ``noise-cancelled``; ``level-unknown``; ``model-no-text`` where the reference writes
                nothing; ``prompt-too-long``; and the ladder's and the model's own.
        """
        names = known(self._ladder, levels)

        def work(given_up: Cancelled) -> Noise:
            with Run.begun(self._ladder, self._hardware, progress, given_up) as run:
                return self._measure(question, names, run, control)

        return alone(work, cancelled)

    def _measure(self, question: Question, names: list[str], run: Run, draws: int) -> Noise:
        started = time.perf_counter()
        ladder = self._ladder
        weights = [name for name in names if name not in (*KV_LEVELS, ladder.reference)]
        run.total = 1 + len(names) + draws * len(weights)
        rungs: dict[str, Rung] = {}
        heard: dict[str, Heard] = {}
        with run.loaded(ladder.reference) as (rung, llama):
            asked = self._asked(llama, question)
            with self._reader(llama, ladder.reference, asked, run) as reader:
                told = tell(reader, asked, run.tell(f"write {ladder.reference}"))
            if told is None:
                raise ModelError("model-no-text", model=ladder.model.id)
            for name in names:
                if name not in weights:
                    rungs[name], heard[name] = rung, self._heard(llama, name, asked, told, run)
        for name in weights:
            with run.loaded(name) as (rungs[name], llama):
                heard[name] = self._heard(llama, name, asked, told, run)
        control = [self._control(rungs[name], draws, asked, told, run) for name in weights if draws]
        return Noise(
            model=ladder.model.id,
            source=ladder.source,
            reference=ladder.reference,
            seed=question.seed,
            text=told.text,
            pieces=told.pieces,
            tokens=told.tokens,
            entropy=told.own.entropy,
            logprob=told.own.logprob,
            levels=tuple(self._level(name, rungs[name], question.scene, told, heard[name]) for name in names),
            resonance=self._judge.resonance(question.scene, told.text),
            deterministic=told.deterministic,
            control=tuple(control),
            seconds=time.perf_counter() - started,
        )

    @contextmanager
    def _reader(self, llama: Llama, name: str, asked: Asked, run: Run) -> Iterator[Reader]:
        if name in KV_LEVELS:
            hardware = replace(self._hardware, kv_type=KV_LEVELS[name])
        else:  # flash attention would round an F32 cache to F16 as it reads it
            hardware = replace(self._hardware, kv_type="f32", flash_attention=False)
        with closing(Reader(llama, hardware, asked.longest, run.cancelled, asked.adapters)) as reader:
            yield reader
        run.done += 1

    def _asked(self, llama: Llama, question: Question) -> Asked:
        """The writer's own prompt and sampling."""
        wanted = question.scene, question.form, question.lang, question.persona
        model = self._ladder.model
        prompt, sampling = writer.request(model, llama.chat, self._embedder, self._palette, *wanted)
        head = llama.tokenize(prompt.head, start=True, special=prompt.special)
        tokens = (*head, *llama.tokenize(prompt.tail, special=prompt.special)) or (llama.start,)
        asked = Asked(tokens, sampling, question.seed, prompt.adapters)
        if asked.longest > llama.trained_context:
            raise ModelError("prompt-too-long", tokens=asked.longest, room=llama.trained_context)
        return asked

    def _heard(self, llama: Llama, name: str, asked: Asked, told: Told, run: Run) -> Heard:
        run.tell(f"read {name}")(0.0)
        with self._reader(llama, name, asked, run) as reader:
            return hear(reader, asked, told, run.tell(f"write {name}"))

    def _level(self, name: str, rung: Rung, scene: Scene, told: Told, heard: Heard) -> LevelNoise:
        token, place = parting(told, heard)
        return LevelNoise(
            level=name,
            bytes=rung.bytes,
            bits_per_weight=rung.bits_per_weight,
            summary=Summary.of(heard.per_token),
            per_token=heard.per_token,
            text=heard.text,
            first_divergence=token,
            divergence_at=place,
            resonance=self._judge.resonance(scene, heard.text),
            tokens_per_second=heard.tokens_per_second,
            digest=heard.digest,
        )

    def _control(self, level: Rung, draws: int, asked: Asked, told: Told, run: Run) -> Control:
        """Let models read that chance has disturbed as strongly as this level is."""
        assert self._controls is not None
        reference = self._ladder.rung(self._ladder.reference, run.progress, run.cancelled)
        found = []
        for seed in range(draws):
            run.tell(f"control {level.level}")(0.0)
            with (
                self._controls.lent(reference, level, seed) as path,
                run.opened(path) as llama,
                self._reader(llama, level.level, asked, run) as reader,
            ):
                per_token, _ = read(reader, asked, told)
            found.append(float(per_token.kld.mean()))
        return Control.of(level.level, found)
