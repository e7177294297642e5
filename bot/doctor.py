"""``hyperbridge doctor``: what works on this machine, and what to do about what doesn't."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click
import llama_cpp
import psutil
from rich.console import Console
from rich.table import Table
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.logs import hush
from bot.settings import Settings, exposed_env
from bot.terminal import Session, print_json
from bot.texts import Texts
from models import catalog, fetch
from models.catalog import Server
from models.embedder import Embedder, signed_by
from models.engine.adapters import Adapters
from models.llama import Llama, has_amx, start_backend
from models.personas import Persona, personas
from models.remote import Remote
from scene.calibration import is_calibrated
from scene.errors import HyperBridgeError, ModelError
from storage.archive import COMMAND_LINE, Archive
from storage.jobs import Jobs

State = Literal["ok", "note", "wrong"]
_SIGNS: dict[State, str] = {"ok": "[green]✓[/]", "note": "[yellow]•[/]", "wrong": "[red]✗[/]"}
_CPU_FLAGS = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512_bf16", "amx_tile", "amx_int8", "neon", "asimd")
_GB = 1e9
# The KV cache, the compute buffers, the embedder and Python, measured beside both catalog models.
_MEMORY_BESIDE_MODEL = 1.8 * _GB
_MEMORY_WITHOUT_MODEL = 0.9 * _GB  # the embedder and Python, for a model that runs elsewhere
_LEAST_FREE_DISK = 0.2 * _GB


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        check: What was looked at.
        state: ``ok``, ``note`` (works, but) or ``wrong``.
        detail: What was found.
        remedy: What to do about it; empty when all is well.
    """

    check: str
    state: State
    detail: str
    remedy: str = ""


@click.command("doctor")
@click.pass_obj
def doctor(session: Session) -> None:
    """Say what works on this machine, and what to do about what doesn't."""
    findings = list(examine(session.settings, session.say))
    if session.json:
        print_json([asdict(finding) for finding in findings])
    else:
        table = Table(box=None, pad_edge=False, show_header=False)
        for finding in findings:
            remedy = f"\n→ {finding.remedy}" if finding.remedy else ""
            table.add_row(_SIGNS[finding.state], finding.check, f"{finding.detail}{remedy}")
        Console().print(table)
    if any(finding.state == "wrong" for finding in findings):
        raise SystemExit(1)


def examine(settings: Settings, say: Texts) -> Iterator[Finding]:
    """Look at everything that the bot needs.

    Args:
        settings: What is to be used.
        say: The language of the report.
    """
    checks: tuple[Callable[[Settings, Texts], Finding], ...] = (
        _cpu, _llama, _compiler, _model, _memory, _disk, _embedder, _personas, _archive, _jobs,
        _secrets, _token,
    )  # fmt: skip
    for check in checks:
        try:
            yield check(settings, say)
        except HyperBridgeError as error:
            yield Finding(check.__name__[1:], "wrong", error.key, say.error(error))


def _cpu(_: Settings, say: Texts) -> Finding:
    name, flags = _cpu_facts()
    shown = " ".join(flag for flag in _CPU_FLAGS if flag in flags) or "-"
    detail = f"{name}, {psutil.cpu_count(logical=False) or psutil.cpu_count()} cores, {shown}"
    slow = platform.machine() in ("x86_64", "AMD64") and bool(flags) and "avx2" not in flags
    return Finding("cpu", "note" if slow else "ok", detail, say("doctor-cpu-slow") if slow else "")


def _llama(_: Settings, say: Texts) -> Finding:
    info = start_backend()
    amx = has_amx(info)
    gpu = "GPU" if llama_cpp.llama_supports_gpu_offload() else "CPU"
    detail = f"llama-cpp-python {llama_cpp.__version__}, {gpu}" + (", AMX" if amx else "")
    return Finding("llama.cpp", "note" if amx else "ok", detail, say("doctor-amx") if amx else "")


def _compiler(_: Settings, say: Texts) -> Finding:
    found = next((path for name in ("c++", "g++", "clang++") if (path := shutil.which(name))), None)
    if found:
        return Finding("compiler", "ok", found)
    return Finding("compiler", "note", "-", say("doctor-no-compiler"))


def _model(settings: Settings, say: Texts) -> Finding:
    model = catalog.find(settings.model)
    if model.server is not None:
        return _server(model.server, settings)
    if fetch.locate(model) is None:
        return Finding("model", "wrong", f"{model.id}: -", say("doctor-no-model", model=model.id))
    verified = fetch.verify(model, lambda done, total, what: None)
    return Finding(
        "model", "ok", f"{model.id}, {verified.bytes / _GB:.2f} GB, sha256 {verified.sha256[:12]}…"
    )


def _server(server: Server, settings: Settings) -> Finding:
    facts = asyncio.run(Remote(server, settings.api_key.get_secret_value()).facts())
    return Finding("model", "ok", f"{server.url}, {facts.kind}, {facts.model or '-'}")


def _memory(settings: Settings, say: Texts) -> Finding:
    model = catalog.find(settings.model)
    free = psutil.virtual_memory().available
    need = model.bytes + (_MEMORY_BESIDE_MODEL if model.server is None else _MEMORY_WITHOUT_MODEL)
    detail = say("doctor-free-of-need", free=f"{free / _GB:.1f}", need=f"{need / _GB:.1f}")
    if free < need:
        return Finding("memory", "wrong", detail, say("doctor-little-memory"))
    return Finding("memory", "ok", detail)


def _disk(settings: Settings, say: Texts) -> Finding:
    model = catalog.find(settings.model)
    fetched = model.server is not None or model.location.exists()
    needs = [(model.location, 0 if fetched else model.bytes * 1.1), (settings.db, _LEAST_FREE_DISK)]
    for path, need in needs:
        free = shutil.disk_usage(_existing(path)).free
        if free < need:
            detail = say("doctor-free-of-need", free=f"{free / _GB:.1f}", need=f"{need / _GB:.1f}")
            return Finding("disk", "wrong", detail, say("doctor-little-disk", path=str(_existing(path))))
    free = min(shutil.disk_usage(_existing(path)).free for path, _ in needs)
    return Finding("disk", "ok", say("doctor-free", free=f"{free / _GB:.1f}"))


def _embedder(settings: Settings, say: Texts) -> Finding:
    embedder = Embedder(settings.embedder)
    detail = f"{settings.embedder}, {embedder.words(['сцена']).shape[1]} dimensions"
    if is_calibrated(embedder.name):
        return Finding("embedder", "ok", detail)
    return Finding("embedder", "note", detail, say("resonance-uncalibrated", embedder=settings.embedder))


def _personas(settings: Settings, say: Texts) -> Finding:
    known = personas(settings.personas)
    own = sum(each != personas().get(each.name) for each in known.values())
    detail = say("doctor-personas", count=len(known), own=own)
    remedies = [
        say("doctor-no-adapter", name=name, reason=say.error(error)) for name, error in _mute(settings, known)
    ]
    return Finding("personas", "wrong" if remedies else "ok", detail, "\n".join(remedies))


def _mute(settings: Settings, known: Mapping[str, Persona]) -> Iterator[tuple[str, ModelError]]:
    """Personas whose adapters the model can't put on, and why."""
    worn = [(each.name, adapter) for each in known.values() for adapter in each.adapters]
    model = catalog.find(settings.model)
    if model.server is not None:
        for name, adapter in worn:
            path = str(adapter.path)
            yield name, ModelError("server-no-adapter", url=model.server.url, path=path)
    elif worn and (found := fetch.locate(model)) is not None:
        llama = Llama(found, gpu_layers=0)
        adapters = Adapters(llama)
        for name, adapter in worn:
            try:
                adapters.load(adapter)
            except ModelError as error:
                yield name, error
        adapters.close()
        llama.close()


def _archive(settings: Settings, say: Texts) -> Finding:
    if not settings.db.exists():
        return Finding("archive", "ok", say("doctor-archive-new", path=str(settings.db)))
    with Archive.open(settings.db) as archive:
        kept = archive.count(COMMAND_LINE)
        unsigned = archive.signing.unsigned(None, signed_by(settings.embedder))
    detail = say("doctor-archive", path=str(settings.db), count=kept)
    if unsigned:
        return Finding("archive", "note", detail, say("archive-unsigned", count=unsigned))
    return Finding("archive", "ok", detail)


def _jobs(settings: Settings, say: Texts) -> Finding:
    if not (settings.db.exists() and settings.bot_id):
        return Finding("jobs", "ok", "-")
    with contextlib.closing(Jobs(settings.db, settings.bot_id)) as jobs:
        waiting, aside = jobs.counts()
    detail = say("doctor-jobs", waiting=waiting, aside=aside)
    return Finding("jobs", "note" if aside else "ok", detail, say("doctor-jobs-aside") if aside else "")


def _secrets(settings: Settings, say: Texts) -> Finding:
    exposed = exposed_env()
    if exposed is None or not settings.secrets:
        return Finding("secrets", "ok", "-")
    return Finding("secrets", "wrong", str(exposed), say("doctor-env-exposed", path=str(exposed.absolute())))


def _token(settings: Settings, say: Texts) -> Finding:
    token = settings.token.get_secret_value().strip()
    if not token:
        return Finding("telegram", "note", "-", say("bot-no-token"))
    try:
        name = asyncio.run(_bot_name(token, settings.api_url.rstrip("/")))
    except InvalidToken:
        return Finding("telegram", "wrong", "-", say("bot-bad-token"))
    except TelegramError as error:
        return Finding(
            "telegram",
            "wrong",
            "-",
            say("bot-unreachable", url=settings.api_url, reason=hush(str(error), settings.secrets)),
        )
    if not (settings.allowed_users.strip() or settings.admins.strip()):
        return Finding("telegram", "note", f"@{name}", say("doctor-nobody-allowed"))
    return Finding("telegram", "ok", f"@{name}")


async def _bot_name(token: str, api: str) -> str:
    async with Bot(token, base_url=f"{api}/bot") as bot:
        return bot.username


def _existing(path: Path) -> Path:
    """The nearest folder above a path that exists."""
    return next(folder for folder in path.absolute().parents if folder.exists())


def _cpu_facts() -> tuple[str, set[str]]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine(), set()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return facts.get("model name", platform.machine()), set(
        (facts.get("flags") or facts.get("Features", "")).split()
    )
