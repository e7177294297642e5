"""The engine beside its peers: ``python -m tests.bench.engine``.

Throughput: eight requests at once, each with a scene of its own after a common head of over 400 tokens (the
Russian few-shots of several forms), forty tokens each; cold means that the head was never read before, warm
that it was. The peers are ``Llama.create_completion``, one request after another, and ``llama-server -np 8``.
Alone: one request beside ``llama-bench`` at the same depth. The two programs are looked for in the folder
``LLAMA_BIN``; build them from the source that llama-cpp-python's sdist carries, with the same compiler flags.

Every run is a process of its own and the contenders take turns. ``python -m tests.bench.engine soak 30``
keeps an engine under mixed load with cancellations for so many minutes (two, by default).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from rich.console import Console
from rich.table import Table

from models import catalog, fetch
from models.backend import Prompt, Sampling
from models.engine import Engine, Hardware
from models.engine.machine import cores
from scene.atoms import Lang
from scene.forms import Form, voice

MODELS = ("gemma-3-270m", "qwen2.5-coder-1.5b")
ROUNDS = 3
REQUESTS, TOKENS = 8, 40
PORT = 18099
SAMPLING = Sampling(temperature=0.8, min_p=0.08, max_tokens=TOKENS, stop=())
SCENES = [
    chain.split()
    for chain in (
        "пепел вспышка жизнь тишина|снег волк след|море соль память|шаг темнота огонь|жар тишина вход|"
        "корень ветер звезда|туман дыхание порог|огонь кровь путь|дождь стекло город|зерно земля хлеб|"
        "лёд трещина река|мост поезд ночь|глина рука чаша|письмо молчание ответ|песок время ладонь|гора эхо"
    ).split("|")
]
Figures = dict[str, float]


def main() -> None:
    """Print everything that is measured of the engine."""
    console = Console()
    for model in MODELS:
        fetch.locate(catalog.find(model)) or fetch.pull(catalog.find(model), lambda *_: None)
        _throughput(console, model)
        _alone(console, model)
    asyncio.run(_soak(console, 2))


def _throughput(console: Console, model: str) -> None:
    contenders = ["engine", "create_completion", *(["llama-server"] if _program("llama-server") else [])]
    found: dict[str, list[Figures]] = {name: [] for name in contenders}
    for turn in range(ROUNDS):
        for name in contenders if turn % 2 == 0 else contenders[::-1]:
            found[name].append(_in_process("throughput", name, model))
    title = f"{model}, {REQUESTS} at once, head of {found['engine'][0]['head']:.0f} tokens"
    table = Table("", "cold tok/s", "warm tok/s", "rounds (cold | warm)", title=title)
    for name, rounds in found.items():
        cold, warm = ([figures[key] for figures in rounds] for key in ("cold", "warm"))
        each = " ".join(f"{c:.1f}" for c in cold) + " | " + " ".join(f"{w:.1f}" for w in warm)
        table.add_row(name, f"{statistics.median(cold):.1f}", f"{statistics.median(warm):.1f}", each)
    console.print(table)
    if "llama-server" in found:
        for key in ("cold", "warm"):
            ratios = [a[key] / b[key] for a, b in zip(found["engine"], found["llama-server"], strict=True)]
            console.print(f"{key}: {statistics.median(ratios):.2f} times llama-server (median of pairs)")
    for figure in ("python", "sampling", "first_cached", "first_from_disk"):
        value = statistics.median(figures[figure] for figures in found["engine"])
        unit = "s" if figure.startswith("first") else "% of a step"
        console.print(f"{_NAMES[figure]}: {value:.2f} {unit}")
    if not _program("llama-server"):
        console.print("no llama-server: set LLAMA_BIN to the folder that holds it")


_NAMES = {
    "python": "Python beside llama.cpp and sampling, eight at once",
    "sampling": "sampling, eight at once",
    "first_cached": "first token of one request, head in the cache",
    "first_from_disk": "first token of one request, head from disk after a restart",
}


def _alone(console: Console, model: str) -> None:
    ratios, lines = [], []
    for _ in range(ROUNDS):
        ours = _in_process("alone", "engine", model)
        line = f"one request: {ours['rate']:.1f} tok/s at depth {ours['depth']:.0f}"
        if program := _program("llama-bench"):
            path = fetch.locate(catalog.find(model))
            command = [program, "-m", path, "-t", cores(), "-p", 0, "-n", 120, "-r", 2, "-o", "json"]
            command += ["-d", int(ours["depth"]), "-fa", 1]
            told = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
            raw = float(json.loads(told)[-1]["avg_ts"])
            ratios.append(ours["rate"] / raw)
            line += f", llama-bench {raw:.1f}"
        lines.append(line)
    console.print("\n".join(lines))
    if ratios:
        console.print(f"one request: {statistics.median(ratios):.3f} of llama-bench (median of pairs)")


def _program(name: str) -> str | None:
    path = Path(os.environ.get("LLAMA_BIN", "")) / name
    return str(path) if path.is_file() else None


def _in_process(what: str, contender: str, model: str) -> Figures:
    command = [sys.executable, "-m", "tests.bench.engine", what, contender, model]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: Figures = json.loads(told.splitlines()[-1])
    return figures


def _head(mark: int) -> str:
    """The few-shots of four forms, told from other heads by their first letters."""
    shots = "".join(
        f"Сцена: {' → '.join(shot.chain)}\n{asked.label}:\n{shot.text}\n\n"
        for asked in (voice(form, Lang.RU) for form in (Form.NARRATIVE, Form.ESSAY, Form.METAPHOR, Form.POEM))
        for shot in asked.shots
    )
    return f"({mark}) {voice(Form.POEM, Lang.RU).ask}\n\n{shots}"


def _tail(number: int) -> str:
    return f"Сцена: {' → '.join(SCENES[number % len(SCENES)])}\n{voice(Form.POEM, Lang.RU).label}:\n"


async def _measured(ask: Callable[[str, str, int], Awaitable[int]], in_turn: bool = False) -> Figures:
    """Tokens a second of eight requests over a head that is new, then over the same head."""
    await ask(_head(0), _tail(0), 0)  # warm-up: weights from the disk, threads awake
    figures: Figures = {}
    for name, begin in (("cold", 0), ("warm", REQUESTS)):
        started = time.perf_counter()
        # Other scenes the second time: only the head may be known.
        requests = [ask(_head(1), _tail(begin + i), i) for i in range(REQUESTS)]
        tokens = [await each for each in requests] if in_turn else await asyncio.gather(*requests)
        figures[name] = sum(tokens) / (time.perf_counter() - started)
    return figures


async def _engine_throughput(path: Path) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(path, cache=Path(folder))

        async def ask(head: str, tail: str, seed: int) -> int:
            return (await engine.candidates(Prompt(head, tail), SAMPLING, count=1, seed=seed)).tokens

        figures = await _measured(ask)
        meter = engine.meter
        busy, decode, sample = meter.busy_seconds, meter.decode_seconds, meter.sample_seconds
        await asyncio.gather(*(ask(_head(1), _tail(i), i) for i in range(REQUESTS)))
        whole = meter.busy_seconds - busy
        figures["head"] = len(engine.llama.tokenize(_head(1)))
        figures["sampling"] = 100 * (meter.sample_seconds - sample) / whole
        figures["python"] = 100 - 100 * (meter.decode_seconds - decode) / whole - figures["sampling"]
        found = await engine.candidates(Prompt(_head(1), _tail(3)), SAMPLING, count=1, seed=1)
        figures["first_cached"] = found.first_token_seconds
        engine.close()
        engine = Engine(path, cache=Path(folder))
        await engine.candidates(Prompt("", "a"), Sampling(max_tokens=1), count=1, seed=1)
        found = await engine.candidates(Prompt(_head(1), _tail(3)), SAMPLING, count=1, seed=1)
        figures["first_from_disk"] = found.first_token_seconds
        engine.close()
    return figures


async def _engine_alone(path: Path) -> Figures:
    engine = Engine(path)
    long = Sampling(temperature=0.8, min_p=0.08, max_tokens=120, stop=())
    await engine.candidates(Prompt(_head(1), _tail(0)), long, count=1, seed=1)
    found = await engine.candidates(Prompt(_head(1), _tail(0)), long, count=1, seed=1)
    depth = len(engine.llama.tokenize(_head(1) + _tail(0)))
    engine.close()
    return {"rate": (found.tokens - 1) / (found.seconds - found.first_token_seconds), "depth": depth}


async def _create_completion(path: Path) -> Figures:
    from llama_cpp import Llama

    llama = Llama(str(path), n_ctx=4096, n_threads=cores(), n_threads_batch=cores(), verbose=False)

    async def ask(head: str, tail: str, seed: int) -> int:
        found: Any = llama.create_completion(
            head + tail, max_tokens=TOKENS, temperature=0.8, min_p=0.08, top_k=0, top_p=1.0,
            repeat_penalty=1.0, seed=seed,
        )  # fmt: skip
        return int(found["usage"]["completion_tokens"])

    return await _measured(ask, in_turn=True)


async def _llama_server(path: Path) -> Figures:
    program = _program("llama-server")
    assert program is not None
    command = [program, "-m", path, "-np", REQUESTS, "-t", cores(), "-c", 16384, "--port", PORT, "--no-webui"]
    server = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
        list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=True
    )
    url = f"http://127.0.0.1:{PORT}"
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(600)) as session:

            async def ready() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{url}/health") as reply:
                        return reply.status == 200
                return False

            while not await ready():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.2)

            async def ask(head: str, tail: str, seed: int) -> int:
                body = {
                    "prompt": head + tail, "n_predict": TOKENS, "cache_prompt": True, "seed": seed,
                    "samplers": ["min_p", "temperature"], "temperature": 0.8, "min_p": 0.08,
                }  # fmt: skip
                async with session.post(f"{url}/completion", json=body) as reply:
                    return int((await reply.json())["tokens_predicted"])

            return await _measured(ask)
    finally:
        server.terminate()
        server.wait(30)


async def _soak(console: Console, minutes: float) -> None:
    """Mixed load with cancellations, deadlines and streams; memory and a lone request watched."""
    model = catalog.find("gemma-3-270m")
    path = fetch.locate(model)
    assert path is not None
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(path, cache=Path(folder), hardware=Hardware(threads=cores()))
        lone = Prompt(_head(1), _tail(0))
        first = await engine.candidates(lone, SAMPLING, count=4, seed=11)
        outcomes = {"answered": 0, "cancelled": 0, "late or busy": 0, "streamed": 0}

        async def caller(owner: int, until: float) -> None:
            while time.monotonic() < until:
                prompt = Prompt(_head(dice.randrange(1, 7)), _tail(dice.randrange(99)))
                seed = dice.randrange(1 << 30)
                if dice.random() < 0.2:
                    stream = engine.stream(prompt, SAMPLING, seed=seed, owner=owner)
                    async with contextlib.aclosing(stream) as pieces:
                        async for _ in pieces:
                            if dice.random() < 0.05:
                                break
                    outcomes["streamed"] += 1
                    continue
                deadline = dice.choice([None, None, 60.0, 3.0])
                work = asyncio.ensure_future(
                    engine.candidates(
                        prompt,
                        SAMPLING,
                        count=dice.randrange(1, 9),
                        seed=seed,
                        owner=owner,
                        deadline=deadline,
                    )
                )
                if dice.random() < 0.3:
                    await asyncio.sleep(dice.random() * 4)
                    work.cancel()
                try:
                    await work
                    outcomes["answered"] += 1
                except asyncio.CancelledError:
                    outcomes["cancelled"] += 1
                except Exception:
                    outcomes["late or busy"] += 1

        until = time.monotonic() + 60 * minutes
        callers = [asyncio.ensure_future(caller(owner, until)) for owner in range(12)]
        memory: list[float] = []
        while time.monotonic() < until:
            await asyncio.sleep(min(30.0, 10 * minutes))
            memory.append(psutil.Process().memory_info().rss / 1e6)
        await asyncio.gather(*callers)
        again = await engine.candidates(lone, SAMPLING, count=4, seed=11)
        same = [item.text for item in first.items] == [item.text for item in again.items]
        same = same and [item.logprobs for item in first.items] == [item.logprobs for item in again.items]
        scheduler = engine._worker.scheduler
        stuck = len(scheduler.running) + len(scheduler.waiting)
        engine.close()
    console.print(f"soak, {minutes:g} minutes, 12 callers: {outcomes}, stuck: {stuck}")
    half = memory[len(memory) // 2 :]
    spread = f"{min(half):.0f}-{max(half):.0f}"
    console.print(f"memory after the first reading {memory[0]:.0f} MB, in the second half {spread} MB")
    console.print(f"a seeded lone request is the same before and after, to the last bit: {same}")


_RUNS: dict[tuple[str, str], Callable[[Path], Awaitable[Figures]]] = {
    ("throughput", "engine"): _engine_throughput,
    ("throughput", "create_completion"): _create_completion,
    ("throughput", "llama-server"): _llama_server,
    ("alone", "engine"): _engine_alone,
}


async def _run(what: str, contender: str, model: str) -> Figures:
    path = fetch.locate(catalog.find(model))
    assert path is not None
    return await _RUNS[what, contender](path)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "soak":
        asyncio.run(_soak(Console(), float(sys.argv[2]) if len(sys.argv) > 2 else 2))
    elif sys.argv[1] in MODELS:
        _throughput(Console(), sys.argv[1])
        _alone(Console(), sys.argv[1])
    else:
        print(json.dumps(asyncio.run(_run(*sys.argv[1:4]))))
