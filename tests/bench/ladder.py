"""What a ladder costs: seconds, processor seconds, bytes and bits per weight of each level, and memory.

``python -m tests.bench.ladder [MODEL…] [--levels A,B]`` builds into a folder of its own and deletes each
level once it is measured.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from pathlib import Path

from models.catalog import cache_dir, default_id, find
from models.ladder import Ladder
from models.ladder.levels import USUAL

_LIGHT = "gemma-3-270m"
_IQ = ("IQ4_XS", "IQ3_XXS")


def main() -> None:
    """Build the usual levels of the default model and of the light one; of that, two by importance, too."""
    parser = argparse.ArgumentParser(prog="tests.bench.ladder")
    parser.add_argument("models", nargs="*", default=[default_id(), _LIGHT])
    parser.add_argument("--levels", default="")
    given = parser.parse_args([] if __name__ != "__main__" else None)
    for name in given.models:
        with tempfile.TemporaryDirectory(dir=cache_dir(), prefix="ladder-bench-") as folder:
            _measure(name, given.levels.split(",") if given.levels else None, Path(folder))


def _measure(name: str, levels: list[str] | None, folder: Path) -> None:
    ladder = Ladder(find(name), folder=folder, budget=1 << 60)
    print(f"{name}: packaged {ladder.source}, measured against {ladder.reference}")
    print(f"{'level':8} {'seconds':>8} {'CPU s':>8} {'MB':>8} {'bits/weight':>12}  sha256")
    for level in levels or (ladder.reference, *USUAL, *(_IQ if name == _LIGHT else ())):
        before = _cpu_seconds()
        rung = ladder.rung(level)
        print(
            f"{level:8} {rung.seconds:8.1f} {_cpu_seconds() - before:8.1f} {rung.bytes / 1e6:8.1f} "
            f"{rung.bits_per_weight:12.3f}  {rung.sha256[:12]}",
            flush=True,
        )
        if rung.path.is_relative_to(folder):
            ladder.release(level)
            rung.path.unlink()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory of a build: {peak / 1024:.0f} MiB")


def _cpu_seconds() -> float:
    """Processor time of all builds so far: on a busy machine it says more than the clock."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
