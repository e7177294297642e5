"""The instrument: one thought at every level, and how far each level is from the reference."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from models import writer
from models.embedder import Embedder
from models.engine.context import Hardware, KVType
from models.fetch import silent
from models.judge import Judge
from models.ladder import Ladder, Rung, level
from models.llama import Llama
from models.noise.alone import Cancelled, alone
from models.noise.hearing import Asked, Heard, Told, hear, parting, read, tell
from models.noise.question import Question
from models.noise.reader import Reader
from models.noise.results import Control, LevelNoise, Noise, Summary
from models.palette import Palette
from models.partial import Progress
from scene.atoms import Scene
from scene.errors import ModelError

DEFAULT_LEVELS = ("BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K")
"""Levels that are measured when none are named."""

KV_LEVELS: dict[str, KVType] = {"KV_F16": "f16", "KV_Q8_0": "q8_0", "KV_Q4_0": "q4_0"}
"""The reference's weights with another cache, by name; with all others the cache is F32."""


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
        names = list(dict.fromkeys(levels))
        for name in names:
            if name not in KV_LEVELS and name != self._ladder.source:
                level(name)
        return alone(lambda asked: self._measure(question, names, progress, asked, control), cancelled)

    def _measure(
        self, question: Question, names: list[str], progress: Progress, cancelled: Cancelled, draws: int
    ) -> Noise:
        started = time.perf_counter()
        ladder = self._ladder
        weights = [name for name in names if name not in (*KV_LEVELS, ladder.reference)]
        run = _Run(progress, cancelled, total=1 + len(names) + draws * len(weights))
        with self._loaded(ladder.reference, run) as (rung, llama):
            asked = self._asked(llama, question)
            with self._reader(llama, ladder.reference, asked, run) as reader:
                told = tell(reader, asked, run.share(ladder.reference))
            if told is None:
                raise ModelError("model-no-text", model=ladder.model.id)
            for name in names:
                if name not in weights:
                    run.rungs[name] = rung
                    self._hear(llama, name, asked, told, run)
        for name in weights:
            with self._loaded(name, run) as (run.rungs[name], llama):
                self._hear(llama, name, asked, told, run)
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
            levels=tuple(self._level(name, question.scene, told, run) for name in names),
            resonance=self._judge.resonance(question.scene, told.text),
            deterministic=told.deterministic,
            control=tuple(self._control(name, draws, asked, told, run) for name in weights if draws),
            seconds=time.perf_counter() - started,
        )

    @contextmanager
    def _loaded(self, name: str, run: _Run) -> Iterator[tuple[Rung, Llama]]:
        """A level's weights, alone in memory."""
        rung = self._ladder.rung(name, run.progress, run.cancelled)
        try:
            with closing(Llama(rung.path, self._hardware.gpu_layers)) as llama:
                yield rung, llama
        finally:
            self._ladder.release(name)

    @contextmanager
    def _reader(self, llama: Llama, name: str, asked: Asked, run: _Run) -> Iterator[Reader]:
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

    def _hear(self, llama: Llama, name: str, asked: Asked, told: Told, run: _Run) -> None:
        with self._reader(llama, name, asked, run) as reader:
            run.heard[name] = hear(reader, asked, told, run.share(name))

    def _level(self, name: str, scene: Scene, told: Told, run: _Run) -> LevelNoise:
        rung, heard = run.rungs[name], run.heard[name]
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

    def _control(self, name: str, draws: int, asked: Asked, told: Told, run: _Run) -> Control:
        """Let models read that chance has disturbed as strongly as this level is."""
        assert self._controls is not None
        reference = self._ladder.rung(self._ladder.reference, run.progress, run.cancelled)
        level = self._ladder.rung(name, run.progress, run.cancelled)
        found = []
        for seed in range(draws):
            run.share(name)("control", 0.0)
            with (
                self._controls.lent(reference, level, seed) as path,
                closing(Llama(path, self._hardware.gpu_layers)) as llama,
                self._reader(llama, name, asked, run) as reader,
            ):
                per_token, _ = read(reader, asked, told)
            found.append(float(per_token.kld.mean()))
        return Control.of(name, found)


@dataclass(slots=True)
class _Run:
    """One measurement, while it goes on."""

    progress: Progress
    cancelled: Cancelled
    total: int
    done: int = 0
    rungs: dict[str, Rung] = field(default_factory=dict)
    heard: dict[str, Heard] = field(default_factory=dict)

    def share(self, name: str) -> _Share:
        """Tells how far a level is."""
        return _Share(self, name)


@dataclass(frozen=True, slots=True)
class _Share:
    run: _Run
    level: str

    def __call__(self, what: str, share: float) -> None:
        self.run.progress(round(100 * (self.run.done + share)), 100 * self.run.total, f"{what} {self.level}")
