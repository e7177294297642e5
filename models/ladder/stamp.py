"""What is known of a level's file, kept beside it so that gigabytes aren't hashed again."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from models.partial import Progress, hash_file


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of a file, true for as long as nobody touches it.

    Attributes:
        sha256: Hash of the file in hex.
        bytes: Its size.
        mtime_ns: When it was written.
        bits_per_weight: Bits of its tensors by number of weights.
        seconds: Its building took.
    """

    sha256: str
    bytes: int
    mtime_ns: int
    bits_per_weight: float
    seconds: float


def read_json(path: Path) -> dict[str, Any]:
    """What a small file says; nothing where there is none, or half of one."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def stamp_path(path: Path) -> Path:
    """Where a file's stamp lies."""
    return path.with_suffix(".json")


def read_stamp(path: Path) -> Stamp | None:
    """A file's stamp; None where there is none."""
    try:
        return Stamp(**read_json(stamp_path(path)))
    except TypeError:
        return None


def write_stamp(path: Path, stamp: Stamp) -> None:
    """Keep what is known of a file."""
    stamp_path(path).write_text(json.dumps(asdict(stamp)), encoding="utf-8")


def fits(stamp: Stamp, path: Path) -> bool:
    """Whether nobody touched the file, or took it away."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return (stamp.bytes, stamp.mtime_ns) == (status.st_size, status.st_mtime_ns)


def stamp_again(path: Path, stamp: Stamp, progress: Progress) -> Stamp | None:
    """The stamp of a file that was touched; None where other bytes are in it."""
    if hash_file(path, progress) != stamp.sha256:
        return None
    stamp = replace(stamp, mtime_ns=path.stat().st_mtime_ns)
    with suppress(OSError):
        write_stamp(path, stamp)
    return stamp
