"""The shortlist draws what llama.cpp's own chain draws from the whole vocabulary."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from models.backend import Sampling
from models.engine.context import Context, Hardware, Row
from models.engine.sampler import Desk, Sampler
from models.llama import Llama
from scene.errors import ModelError

GRAMMAR = 'root ::= ("snow" | "wolf" | "ash") (" " ("snow" | "wolf" | "ash"))*'
STEPS = 12


@pytest.fixture(scope="module")
def llama(model_path: Path) -> Iterator[Llama]:
    llama = Llama(model_path)
    yield llama
    llama.close()


@pytest.fixture(scope="module")
def context(llama: Llama) -> Iterator[Context]:
    context = Context(llama, 1024, 2, 1, Hardware())
    yield context
    context.close()


def _native(llama: Llama, sampling: Sampling, seed: int) -> tuple[list[object], object]:
    """The same samplers over the whole vocabulary, and which of them penalises repetition."""
    links, penalty = [], None
    if sampling.bias:
        biased = [
            llama_cpp.llama_logit_bias(token=token, bias=nats)
            for text, nats in sampling.bias
            for token in llama.tokenize(text)
        ]
        array = (llama_cpp.llama_logit_bias * len(biased))(*biased)
        links.append(llama_cpp.llama_sampler_init_logit_bias(llama.vocab_size, len(biased), array))
    if sampling.repeat_penalty != 1.0:
        penalty = llama_cpp.llama_sampler_init_penalties(
            llama.vocab_size, 64, sampling.repeat_penalty, 0.0, 0.0
        )
        links.append(penalty)
    if sampling.dry:
        breakers = (ctypes.c_char_p * 4)(b"\n", b":", b'"', b"*")
        links.append(llama_cpp.llama_sampler_init_dry(llama.vocab, sampling.dry, 1.75, 2, 256, breakers, 4))
    if sampling.grammar:
        links.append(llama_cpp.llama_sampler_init_grammar(llama.vocab, sampling.grammar.encode(), b"root"))
    links += [
        llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1),
        llama_cpp.llama_sampler_init_temp(sampling.temperature),
        llama_cpp.llama_sampler_init_dist(seed),
    ]
    return links, penalty


def _has_letter(piece: bytes) -> bool:
    return any(c.isalpha() or c == "\ufffd" for c in piece.decode("utf-8", "replace"))


def _sample(llama: Llama, links: list[object], penalty: object, logits: np.ndarray) -> int:
    tokens = np.zeros(len(logits), dtype=[("id", np.int32), ("logit", np.float32), ("p", np.float32)])
    tokens["id"], tokens["logit"] = np.arange(len(logits)), logits
    data = tokens.ctypes.data_as(llama_cpp.llama_token_data_p)
    array = llama_cpp.llama_token_data_array(data=data, size=len(tokens), selected=-1, sorted=False)
    for link in links:
        llama_cpp.llama_sampler_apply(link, ctypes.byref(array))
    token = int(array.data[array.selected].id)
    for link in links:
        if link is not penalty or _has_letter(llama.piece(token)):
            llama_cpp.llama_sampler_accept(link, token)
    return token


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(),
        Sampling(temperature=1.5, min_p=0.01),
        Sampling(temperature=1.2, min_p=0.0),
        Sampling(temperature=1.2, min_p=0.05, repeat_penalty=1.8),
        Sampling(temperature=1.2, min_p=0.05, dry=2.0),
        Sampling(temperature=1.2, min_p=0.05, bias=((" the", -math.inf), (" wolf", 12.0))),
        Sampling(temperature=1.2, min_p=0.05, grammar=GRAMMAR),
        Sampling(temperature=1.2, min_p=0.02, grammar=GRAMMAR, repeat_penalty=1.3, dry=1.0),
    ],
    ids=["plain", "hot", "no-min-p", "penalty", "dry", "bias", "grammar", "all"],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_tokens_are_those_of_the_whole_vocabulary(
    llama: Llama, context: Context, sampling: Sampling, seed: int
) -> None:
    ours = Sampler(llama, Desk(llama.vocab_size), sampling, seed)
    links, penalty = _native(llama, sampling, seed)
    context.clear()
    feed, position, tokens = llama.tokenize("The snow, the wolf, the ash: snow", start=True), 0, []
    for _ in range(STEPS):
        context.decode([Row(token, position + i, 0, i == len(feed) - 1) for i, token in enumerate(feed)])
        logits = context.logits(len(feed) - 1).copy()
        position += len(feed)
        expected = _sample(llama, links, penalty, logits)
        token, logprob = ours.choose(logits)
        assert token == expected
        exact = logits.astype(np.float64)
        exact -= exact.max()
        assert logprob == pytest.approx(exact[token] - np.log(np.exp(exact).sum()), abs=1e-4)
        tokens.append(token)
        if llama.ends(token):
            break
        feed = [token]
    assert tokens
    ours.close()
    for link in links:
        llama_cpp.llama_sampler_free(link)


def test_what_the_bias_forbids_is_never_said(llama: Llama, context: Context) -> None:
    context.clear()
    tokens = llama.tokenize("one two three one two three one two", start=True)
    context.decode([Row(token, i, 0, i == len(tokens) - 1) for i, token in enumerate(tokens)])
    logits = context.logits(len(tokens) - 1)
    likeliest = int(logits.argmax())
    text = llama.piece(likeliest).decode()
    assert llama.tokenize(text) == [likeliest]
    sampling = Sampling(temperature=2.0, min_p=0.3, bias=((text, -math.inf),))
    sampler = Sampler(llama, Desk(llama.vocab_size), sampling, 1)
    assert all(sampler.choose(logits)[0] != likeliest for _ in range(20))
    sampler.close()


def test_a_grammar_that_nothing_satisfies_is_an_error_and_not_the_end(llama: Llama, context: Context) -> None:
    sampling = replace(Sampling(), grammar='root ::= "a"', bias=(("a", -math.inf),))
    sampler = Sampler(llama, Desk(llama.vocab_size), sampling, 1)
    context.clear()
    context.decode([Row(llama.tokenize("b")[0], 0, 0, True)])
    with pytest.raises(ModelError) as caught:
        sampler.choose(context.logits(0))
    assert caught.value.key == "model-grammar-stuck"
    sampler.close()


def test_a_grammar_that_can_not_be_read_is_an_error(llama: Llama) -> None:
    with pytest.raises(ModelError) as caught:
        Sampler(llama, Desk(llama.vocab_size), Sampling(grammar="root ::= ("), 1)
    assert caught.value.key == "model-grammar-failed"
