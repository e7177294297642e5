"""``make bench``: every measurement, one after another; or those named: ``python -m tests.bench writing``.

Numbers among the names are for the benches to read: ``python -m tests.bench load 200 2000``.
"""

from __future__ import annotations

import importlib
import sys

BENCHES = """
    engine writing quality ablation fit_ranking segmentation reranking movement resonance recall marks faults
    roundtrip unseen fuzz coldstart load ladder noise
""".split()


def main() -> None:
    """Run the benches named on the command line, or all of them."""
    named = [name for name in sys.argv[1:] if not name.isdigit()]
    for name in named or BENCHES:
        print(f"\n=== {name} ===", flush=True)
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main()
