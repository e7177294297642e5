"""The writer: several candidates for a scene, and the best of them."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass

import regex

from models import prompts
from models.backend import Backend, Candidate, Sampling
from models.catalog import Model
from models.embedder import Embedder
from models.judge import Judge, Scores
from models.palette import Palette
from models.personas import Persona
from scene import forms
from scene.atoms import Lang, Scene
from scene.errors import ModelError
from scene.forms import Form

DEFAULT_CANDIDATES = 8
# Whoever writes much longer than the others rambles, and all would wait for it.
_ENOUGH = 0.75
_ROUNDS = 2  # when no candidate of the first round passes, one more is tried

# A blank line ends a text; the others are how models of code and chat run on into something else.
_STOP = ("\n\n", "```", '"""', "<|", "\n#", "###", "Ответ:", "Answer:")

_SENTENCE = regex.compile(r"^.*[.!?…]", regex.DOTALL)
_PROSE = (Form.NARRATIVE, Form.ESSAY, Form.LOGIC, Form.METAPHOR)
_WITH_ARROWS = (Form.FORMULA, Form.METAPHOR, Form.LOGIC)  # elsewhere an arrow is an echo of the prompt
_ONE_LINE = (*_PROSE, Form.FORMULA, Form.SILENCE, Form.EMOJI)


@dataclass(frozen=True, slots=True)
class Written:
    """A scene voiced.

    Attributes:
        text: The best candidate, without a mark.
        form: Its form.
        lang: Its language, ``RU`` or ``EN``.
        persona: Who spoke, or None.
        seed: Seed of the first candidate.
        scores: What the judge found.
        candidates: How many were sampled.
        first_token_seconds: From the request to the first sampled token.
        seconds: From the request to the choice.
    """

    text: str
    form: Form
    lang: Lang
    persona: Persona | None
    seed: int
    scores: Scores
    candidates: int
    first_token_seconds: float
    seconds: float


class Writer:
    """Turns scenes into texts with one model.

    Args:
        backend: Runs the model.
        model: Its entry in the catalog.
        embedder: Measures how near a text is to its scene.
    """

    def __init__(self, backend: Backend, model: Model, embedder: Embedder) -> None:
        self.model = model
        self._backend = backend
        self._judge = Judge(embedder)
        self._palette = Palette(embedder)

    async def write(
        self,
        scene: Scene,
        form: Form,
        lang: Lang,
        *,
        seed: int,
        persona: Persona | None = None,
        count: int = DEFAULT_CANDIDATES,
        owner: int = 0,
    ) -> Written:
        """Voice a scene.

        Args:
            scene: What to voice.
            form: How.
            lang: ``RU`` or ``EN``.
            seed: The same arguments and seed give the same text on the same machine.
            persona: Who speaks, or None for the form's own voice.
            count: Candidates a round, 1 to 16.
            owner: Whose reply it is, for a queue that is fair between chats.

        Raises:
            ModelError: ``model-no-text`` when every candidate came out empty; and the engine's own.
        """
        started = time.perf_counter()
        prompt = prompts.build(self.model, self._backend.chat, scene, form, lang, persona)
        palette = await asyncio.to_thread(self._palette.choices, scene) if form is Form.EMOJI else []
        manner = persona or Sampling()
        sampling = Sampling(
            temperature=manner.temperature,
            min_p=manner.min_p,
            grammar=forms.grammar(form, lang, palette),
            max_tokens=forms.voice(form, lang).max_tokens,
            stop=_STOP if form in _WITH_ARROWS else (*_STOP, "→"),
        )
        best: tuple[str, Scores] | None = None
        first_token_seconds, sampled = 0.0, 0
        for turn in range(_ROUNDS):
            found = await self._backend.candidates(
                prompt,
                sampling,
                count=count,
                seed=seed + turn,
                enough=math.ceil(count * _ENOUGH),
                owner=owner,
            )
            if not first_token_seconds:
                first_token_seconds = (
                    time.perf_counter() - started - found.seconds + found.first_token_seconds
                )
            sampled += len(found.items)
            ranked = await asyncio.to_thread(self._rank, found.items, scene, form, lang)
            best = max([*ranked, *([best] if best else [])], key=lambda pair: pair[1].total, default=None)
            if best is not None and best[1].passes(form):
                break
        if best is None:
            raise ModelError("model-no-text", model=self.model.id)
        return Written(
            text=best[0],
            form=form,
            lang=lang,
            persona=persona,
            seed=seed,
            scores=best[1],
            candidates=sampled,
            first_token_seconds=first_token_seconds,
            seconds=time.perf_counter() - started,
        )

    def _rank(self, items: list[Candidate], scene: Scene, form: Form, lang: Lang) -> list[tuple[str, Scores]]:
        """Every candidate that has a text, with its scores."""
        texts = [(_trimmed(item, form), item.mean_logprob) for item in items]
        return [
            (text, self._judge.scores(scene, form, lang, text, logprob)) for text, logprob in texts if text
        ]


def _trimmed(candidate: Candidate, form: Form) -> str:
    """A candidate without what models leave at its ends: quotes, a second answer, half a sentence."""
    text = candidate.text.strip().strip('"«»“”`*').strip()
    if form in _ONE_LINE:
        text = text.split("\n")[0].strip()
    if form is Form.POEM:
        lines = [line.strip() for line in text.split("\n")]
        if not candidate.complete:
            lines = lines[:-1]  # the last one was cut off
        text = "\n".join(line for line in lines if line)
    elif form in _PROSE and not candidate.complete:
        whole = _SENTENCE.match(text)
        text = whole.group() if whole else ""
    return text
