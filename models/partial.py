"""A model file in the making: what every source writes to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from models.catalog import Model
from scene.errors import ModelError

_READ = 1 << 20


class Progress(Protocol):
    """Told how far a long job is."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note.

        Args:
            done: Bytes done, or what else the job is counted in.
            total: The same in all.
            what: What is being worked on, a name and never a sentence: a repository, a package, ``sha256``,
                or ``lock`` while another process has the model.
        """


def silent(done: int, total: int, what: str) -> None:
    """Take no note."""


class SourceError(ModelError):
    """One source couldn't give the file.

    Args:
        key: Message id of the sentence for a person.
        brief: The reason in a few words that need no translation, for a list of several sources' reasons.
        source: The repository or package.
        params: Other values that the sentence mentions.
    """

    def __init__(self, key: str, brief: str, source: str, **params: str | int | float) -> None:
        super().__init__(key, source=source, **params)
        self.brief = f"{source}: {brief}"


class Partial:
    """The first bytes of a model's file, under a name that nothing takes for a model.

    All sources give the same bytes, so what one began another may finish.

    Args:
        model: The model to be.
        progress: Told after every piece written.
    """

    def __init__(self, model: Model, progress: Progress) -> None:
        self.model = model
        self.path = model.location.with_name(f"{model.file}.part")
        self.progress = progress

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def cut(self, size: int) -> None:
        """Drop everything after the first ``size`` bytes."""
        if self.size > size:
            with self.path.open("r+b") as file:
                file.truncate(size)

    def append(self, chunks: Iterable[bytes], what: str) -> None:
        """Write pieces at the end.

        Args:
            chunks: The pieces, in order.
            what: The repository or package they come from.

        Raises:
            SourceError: There are more bytes than the model has.
        """
        done = self.size
        with self.path.open("ab") as file:
            for chunk in chunks:
                done += len(chunk)
                if done > self.model.bytes:
                    raise wrong_size(what, self.model.bytes, done)
                file.write(chunk)
                self.progress(done, self.model.bytes, what)


def wrong_size(source: str, expected: int, found: int) -> SourceError:
    """Return the error for a source whose file has another size.

    Args:
        source: The repository or package.
        expected: Bytes that the catalog names.
        found: Bytes that the source has, or at least has.

    Returns:
        The error, to be raised.
    """
    return SourceError(
        "source-wrong-size", f"{found} ≠ {expected} B", source, expected=str(expected), found=str(found)
    )


def hash_file(path: Path, progress: Progress) -> str:
    """Hash a whole file.

    Args:
        path: The file.
        progress: Told after every piece read.

    Returns:
        The sha256 in hex.
    """
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(_READ):
            digest.update(chunk)
            done += len(chunk)
            progress(done, total, "sha256")
    return digest.hexdigest()
