"""``make bench``: every measurement, one after another; or those named: ``python -m tests.bench writing``."""

from __future__ import annotations

import importlib
import sys

BENCHES = """
    engine writing quality ablation fit_ranking segmentation reranking movement resonance recall marks faults
    roundtrip unseen ladder noise
""".split()


def main() -> None:
    """Run the benches named on the command line, or all of them."""
    for name in sys.argv[1:] or BENCHES:
        print(f"\n=== {name} ===", flush=True)
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main()
