"""What the archive keeps when things go wrong: ``python -m tests.bench faults`` (about three minutes).

Kills are real SIGKILLs of a real process at random moments; the disk that fills up is a real file system
(that part needs root on Linux).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.texts import texts
from scene.atoms import Lang
from scene.errors import HyperBridgeError
from storage.archive import Archive
from storage.exchange import Entry
from storage.signatures import Space
from tests.bench import faults_writer

import making  # isort: skip  # faults_writer says where it lies
import older  # isort: skip

KILLS = 200
EACH = 20  # kills of one archive
LONGEST = 0.6  # seconds a writer may live after it has opened the archive


@dataclass
class Told:
    """What writers were told is safe.

    Attributes:
        kept: The word of each scene, by number.
        links: Tokens, by the number of their scene.
        forgotten: Words of forgotten scenes.
        unsure: Numbers whose forgetting had begun and was not acknowledged.
    """

    kept: dict[int, str] = field(default_factory=dict)
    links: dict[int, str] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    unsure: set[int] = field(default_factory=set)

    def hear(self, output: str) -> int:
        """Take in a writer's lines; how many acknowledgements there were."""
        lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
        for what, *rest in lines:
            if what == "kept":
                self.kept[int(rest[0])] = rest[1]
            elif what == "shared":
                self.links[int(rest[0])] = rest[1]
            elif what == "forgetting":
                self.unsure.add(int(rest[0]))
            elif what == "forgotten":
                self.unsure.discard(int(rest[0]))
                self.forgotten.append(self.kept.pop(int(rest[0])))
                self.links.pop(int(rest[0]), None)
        return sum(what in ("kept", "shared", "forgotten") for what, *_ in lines)

    def lost(self, path: Path) -> list[str]:
        """Open the archive and look for all of it; what is not as it was acknowledged."""
        wrong = []
        with Archive.open(path) as archive:
            there = {stored.number: stored for stored in archive.scenes(0, 1_000_000)}
            for number, word in self.kept.items():
                stored = there.get(number)
                if stored is None:
                    if number not in self.unsure:
                        wrong.append(f"SCN-{number} is gone")
                elif stored.scene.atoms[0].text != word or not archive.renderings.of(stored):
                    wrong.append(f"SCN-{number} is not what it was")
            if archive.figures.stats(0).signatures.get("test", 0) != len(there):
                wrong.append("a scene without its vector")
            links = [token for number, token in self.links.items() if number in there]
            if (
                links
                and archive.shares.take(7, links[-1]).stored.scene.atoms[0].text not in self.kept.values()
            ):
                wrong.append("a link leads elsewhere")
            archive.forget_everything(7)
            with archive.reading() as db:
                if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    wrong.append("the file is damaged")
            raw = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
        wrong += [
            f"{word} was forgotten and is in the files" for word in self.forgotten if word.encode() in raw
        ]
        for number in self.unsure - there.keys():  # its end was not heard of
            self.kept.pop(number, None)
            self.links.pop(number, None)
        self.unsure.clear()
        return wrong


def start(path: Path, seed: int) -> tuple[int, int]:
    """Start a writer and wait until it has opened the archive; its process id and its stdout."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(read)
            os.dup2(write, 1)
            faults_writer.write(path, seed, 1)
        finally:
            os._exit(1)
    os.close(write)
    assert os.read(read, 6) == b"ready\n"
    return pid, read


def kill(pid: int, pipe: int) -> str:
    """Kill a writer with SIGKILL; what it had acknowledged."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with open(pipe, encoding="utf-8") as rest:
        return rest.read()


def kills(folder: Path, together: int) -> str:
    """Kill writers at random moments, so many on one file at once."""
    chance = random.Random(together)
    told, path, heard, merged, wrong = Told(), folder / "archive.db", 0, 0, []
    for attempt in range(KILLS if together == 1 else KILLS // 10):
        if attempt % EACH == 0:
            told, path = Told(), folder / f"archive-{together}-{attempt}.db"
        writers = [start(path, attempt * 10 + each) for each in range(together)]
        for pid, pipe in writers:
            time.sleep(chance.uniform(0, LONGEST))
            heard += told.hear(kill(pid, pipe))
        log = path.with_name(f"{path.name}-wal")
        merged += log.exists() and log.stat().st_size > 0
        wrong += told.lost(path)
    return f"{heard} acknowledged, {merged} times with a log to merge, {len(wrong)} lost {wrong[:3] or ''}"


def damaged_pages(folder: Path) -> str:
    """Damage each page in turn, and use the archive."""
    path, said, survived, pages = folder / "whole.db", Counter[str](), 0, 0
    with Archive.open(path) as archive:
        for step in range(60):
            text = making.rendering(f"Текст {step}. " * 20)
            archive.keep_rendering(0, making.scene("шаг", str(step)), text, making.vector(1, step), "test")
    whole = path.read_bytes()
    for start in range(0, len(whole), 4096):
        pages += 1
        path.write_bytes(whole[:start] + bytes(4096) + whole[start + 4096 :])
        key = _said(lambda: _use(path))
        said[key.rpartition("(")[2].rstrip(")")] += 1
        survived += key == "nothing" and len(_mnemonics(path)) == 60
        for each in folder.glob("whole.db-*"):
            each.unlink()
    return f"{pages} pages: told {dict(said)}; {survived} without a fault and with every scene"


def _use(path: Path) -> None:
    with Archive.open(path) as archive:
        list(archive.export(0))
        archive.figures.stats(0)
        archive.nearest.all(Space(0, "test", 2))


def _mnemonics(path: Path) -> list[str]:
    with Archive.open(path) as archive:
        return [stored.scene.mnemonic for stored in archive.scenes(0, 1000)]


def full_disk(folder: Path) -> str:
    """Keep scenes until a disk of one MiB is full; then make room."""
    with _small_disk(folder) as disk:
        if disk is None:
            return "not measured: mounting a disk needs root on Linux"
        (disk / "ballast").write_bytes(bytes(200_000))
        told: list[str] = []
        with Archive.open(disk / "archive.db") as archive:

            def fill() -> None:
                for step in range(10_000):
                    stored = archive.keep_rendering(
                        0, making.scene("много", str(step)), making.rendering("слово " * 300)
                    )
                    told.append(stored.scene.mnemonic)

            key = _said(fill)
            forgetting = _said(lambda: archive.forget(0, 1))
        (disk / "ballast").unlink()
        there = set(_mnemonics(disk / "archive.db"))
        lost = [each for each in told[1:] if each not in there]
        return f"{len(told)} acknowledged, then told {key}; forgetting there: {forgetting}; {len(lost)} lost"


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        yield None
        return
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def older_versions(folder: Path) -> str:
    """Open archives of every older version."""
    for until in older.OLDER:
        path = folder / f"{until}.db"
        older.older_archive(path, until)
        if _mnemonics(path) != ["огонь", "снег"]:
            return f"before {until}: scenes are lost"
    return f"{len(older.OLDER)} versions, 0 lost"


def clock(folder: Path) -> str:
    """Keep scenes while the clock goes back a year each time."""
    with Archive.open(folder / "clock.db") as archive:
        for step in range(50):
            then = datetime.now(UTC) - timedelta(days=365 * step)
            text = replace(making.rendering(f"Текст {step}."), created_at=then)
            archive.restore(0, [Entry(making.scene("шаг", str(step)), created_at=then, renderings=[text])])
        listed = [int(kept.text.split()[1][:-1]) for _, kept in archive.renderings.last(0, 50)]
        exported = [line["code"] for line in archive.export(0)]
    right = listed == list(range(50))[::-1] and exported == [f"SCN-{n}" for n in range(1, 51)]
    return f"50 scenes, order {'kept' if right else 'lost'}"


def _said(action: Callable[[], object]) -> str:
    """The key of what a person is told."""
    try:
        action()
    except HyperBridgeError as error:
        # A sentence that lacks a value raises here.
        return f"“{texts(Lang.EN).error(error).split(':')[0]}…” ({error.key})"
    return "nothing"


def main() -> None:
    """Bring about every fault and print what came of it."""
    if sys.platform == "win32":
        print("not measured: Windows has no SIGKILL")
        return
    table = Table("fault", "what came of it", "seconds", box=None, pad_edge=False)
    faults: dict[str, Callable[[Path], str]] = {
        f"kill -9, {KILLS} times": lambda folder: kills(folder, 1),
        f"kill -9 of two at once, {KILLS // 10} times": lambda folder: kills(folder, 2),
        "a full disk": full_disk,
        "a page of zeroes": damaged_pages,
        "an older version": older_versions,
        "a clock that goes back": clock,
    }
    for name, fault in faults.items():
        with tempfile.TemporaryDirectory() as folder:
            begun = time.monotonic()
            table.add_row(name, fault(Path(folder)), f"{time.monotonic() - begun:.0f}")
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
