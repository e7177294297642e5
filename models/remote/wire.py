"""What is asked of a server, and the text that comes.

The requests are those of OpenAI's completions and chat completions, with the fields that llama-server
(llama.cpp, ``tools/server/README.md``) and vLLM ("Extra parameters" of its OpenAI-compatible server) add.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.backend import Candidate, Prompt, Sampling
from models.remote.facts import Facts
from models.spelling import Spelling

EXTRAS = frozenset(
    "n seed stop logprobs top_logprobs top_p top_k min_p repeat_penalty repetition_penalty dry_multiplier "
    "logit_bias cache_prompt chat_template_kwargs".split()
)
"""Fields that a server may refuse and still write; a grammar is not among them, for it was promised."""

_STOPS = 4  # as many as OpenAI takes
_FORBIDDEN = -100.0  # what OpenAI's logit_bias has instead of minus infinity


@dataclass(slots=True)
class Draft:
    """One text while it comes.

    Attributes:
        seed: What its tokens are drawn with.
        stop: Strings that end it, for servers that don't take so many or none.
        logprobs: Natural log-probability of each token, where the server tells.
        tokens: Tokens so far; pieces, where the server doesn't tell log-probabilities.
        done: Nothing more will come.
        complete: The model ended by itself, or met a stop string.
    """

    seed: int
    stop: tuple[str, ...]
    logprobs: list[float] = field(default_factory=list)
    tokens: int = 0
    done: bool = False
    complete: bool = False
    spelling: Spelling = field(init=False)
    _news: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spelling = Spelling(self.stop)

    @property
    def text(self) -> str:
        """What has come so far, without space around it."""
        return self.spelling.text

    def take(self, choice: Mapping[str, Any]) -> None:
        """Add one piece of a stream.

        Args:
            choice: An element of ``choices``, of a completion or of a chat completion.
        """
        if self.done:
            return
        piece = choice.get("text") or (choice.get("delta") or {}).get("content") or ""
        told = logprobs(choice.get("logprobs"))
        self.logprobs += told
        self.tokens += len(told) or bool(piece)
        # Halves of characters that a server has cut apart are dropped.
        self._news.append(self.spelling.add(piece.encode("utf-8", "ignore")))
        if self.spelling.stopped:
            self.done = self.complete = True
        elif reason := choice.get("finish_reason"):
            self.done, self.complete = True, reason != "length"

    def news(self, *, last: bool = False) -> str:
        """What has come since the last call and is sure to stay.

        Args:
            last: Nothing more will come, so that nothing need be held back.
        """
        if last or self.done:
            self._news.append(self.spelling.end())
        piece = "".join(self._news)
        self._news.clear()
        return piece

    def candidate(self) -> Candidate:
        """The text as it is now."""
        return Candidate(self.text, self.logprobs, self.complete)


def body(
    facts: Facts, prompt: Prompt, sampling: Sampling, bias: Mapping[int, float], *, seed: int, texts: int
) -> dict[str, Any]:
    """A request for texts.

    Args:
        facts: Whom it is for.
        prompt: Its messages, if it has any, become a chat; else its text is gone on with.
        sampling: As asked for; a server gets what it understands of it.
        bias: ``sampling.bias`` by token number, which is how vLLM wants it.
        seed: Of the first text; the servers count on from it for the others.
        texts: How many.
    """
    asked: dict[str, Any] = {
        "stream": True,
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "seed": seed,
        "stop": list(sampling.stop if facts.kind != "other" else sampling.stop[:_STOPS]),
        # Only min_p is to drop tokens, whatever else the server does by default.
        "top_p": 1.0,
        "min_p": sampling.min_p,
    }
    if facts.model:
        asked["model"] = facts.model
    if texts > 1:
        asked["n"] = texts
    if prompt.messages:
        asked["messages"] = [{"role": role, "content": content} for role, content in prompt.messages]
        asked |= {"logprobs": True, "top_logprobs": 1}
    else:
        asked |= {"prompt": prompt.head + prompt.tail, "logprobs": 1}
    if facts.kind == "llamacpp":
        asked |= _for_llama_server(sampling)
    elif facts.kind == "vllm":
        asked |= _for_vllm(sampling, bias)
    if prompt.messages and facts.kind != "other":
        # The texts are short: thinking aloud would use them up.
        asked["chat_template_kwargs"] = {"enable_thinking": False}
    return asked


def _for_llama_server(sampling: Sampling) -> dict[str, Any]:
    asked: dict[str, Any] = {"top_k": 0, "repeat_penalty": sampling.repeat_penalty, "cache_prompt": True}
    if sampling.dry:
        asked["dry_multiplier"] = sampling.dry
    if sampling.bias:
        asked["logit_bias"] = [
            [text, value if math.isfinite(value) else False] for text, value in sampling.bias
        ]
    if sampling.grammar is not None:
        asked["grammar"] = sampling.grammar
    return asked


def _for_vllm(sampling: Sampling, bias: Mapping[int, float]) -> dict[str, Any]:
    asked: dict[str, Any] = {"top_k": -1, "repetition_penalty": sampling.repeat_penalty}
    if bias:
        asked["logit_bias"] = {
            str(token): max(_FORBIDDEN, min(-_FORBIDDEN, value)) for token, value in bias.items()
        }
    if sampling.grammar is not None:
        asked["structured_outputs"] = {"grammar": sampling.grammar}
    return asked


def logprobs(told: Mapping[str, Any] | None) -> list[float]:
    """The chosen tokens' log-probabilities, as completions (OpenAI) or chats and llama-server give them."""
    if not told:
        return []
    if told.get("content") is not None:
        return [float(token["logprob"]) for token in told["content"]]
    return [float(value) for value in told.get("token_logprobs") or [] if value is not None]
