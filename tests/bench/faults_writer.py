"""What a process does until it is killed: keeps, shares and forgets scenes, and says so once each is on disk.

Lines on its stdout: ``kept NUMBER WORD``, ``shared NUMBER TOKEN``, ``forgetting NUMBER`` and
``forgotten NUMBER``.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "storage"))

import making

from storage.archive import Archive


def write(path: Path, seed: int, out: int) -> None:
    """Write until killed.

    Args:
        path: The archive.
        seed: Another one for every process, so that no two keep the same scene.
        out: The file descriptor that acknowledgements go to.
    """
    chance = random.Random(seed)

    def tell(*words: object) -> None:
        os.write(out, (" ".join(map(str, words)) + "\n").encode())

    with Archive.open(path) as archive:
        tell("ready")
        mine: list[int] = []
        while True:
            word = "".join(chance.choices("абвгдежзиклмнопрст", k=14))
            text = making.rendering(f"{word} " * chance.choice([1, 30, 400]))
            stored = archive.keep_rendering(
                0, making.scene(word, "шаг"), text, making.vector(1, seed + 1, len(mine)), "test"
            )
            mine.append(stored.number)
            tell("kept", stored.number, word)
            if chance.random() < 0.15:
                tell("shared", stored.number, archive.shares.open(0, stored.number))
            if chance.random() < 0.1:
                gone = mine.pop(chance.randrange(len(mine)))
                tell("forgetting", gone)
                archive.forget(0, gone)
                tell("forgotten", gone)
