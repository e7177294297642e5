"""A process that keeps scenes and says so: ``writer.py DATABASE OWNER WORD COUNT``.

It opens the archive when a line comes on stdin, then prints ``number mnemonic`` for every scene that the
archive has acknowledged.
"""

from __future__ import annotations

import sys

import making

from storage.archive import Archive


def main() -> None:
    path, owner, word, count = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    with Archive.open(path) as archive:
        for step in range(int(count)):
            scene = making.scene(word, str(step))
            text = making.rendering(scene.mnemonic)
            stored = archive.keep_rendering(int(owner), scene, text, making.vector(1, step), "test")
            print(stored.number, stored.scene.mnemonic, flush=True)


if __name__ == "__main__":
    main()
