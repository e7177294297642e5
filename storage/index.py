"""The approximate index of a large space of signatures: codes in memory, and a file beside the archive.

The newest signatures wait in a tail that is searched exactly; whenever it is long enough, it is sealed into a
block of codes. What the index finds are only candidates: the caller reads their exact signatures from the
archive, so that a row that has been forgotten, or never was, is no hit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]

from scene.errors import ArchiveError
from storage import signatures
from storage.coder import Coder, Codes
from storage.database import transaction
from storage.index_file import Block, IndexFile, Kept, Unreadable
from storage.signatures import Signatures, Space, Sum, Vectors

Reading = Callable[[], AbstractContextManager[Database]]

BLOCK = 2_048
"""Rows that are sealed together."""
_TRAINED_ON = 20_000  # signatures; more of them made the codes no better
_GROWN = 16  # an index whose space has grown this many times since training is trained anew by reindexing
_WIDE, _NARROW = 600, 64  # rows that the coarse codes choose, and the fine ones among these
_WIDE_OF_EACH, _NARROW_OF_EACH = 20, 4  # of each hit wanted, where that is more
_MOST_GONE = 200  # rows that are looked past before the codes are loaded again without them
_MOST_LACKED = 8  # blocks of rows missing among those that are there: more is no tail to wait with
_NEWEST = 2**62


class Index:
    """Finds what is near in one space. Safe to call from several threads.

    Args:
        space: Whose signatures, by which embedder.
        file: Where codes are kept.
        reading: Gives the archive's database for a moment.
    """

    def __init__(self, space: Space, file: IndexFile, reading: Reading) -> None:
        self._space, self._file, self._reading = space, file, reading
        self._lock = threading.Lock()
        self._kept: Kept | None = None  # None while the file can't be written: the codes are in memory then
        self._coder: Coder | None = None
        self._tail: Signatures
        self._last = 0
        self._gone: set[int] = set()

    def nearest(self, signature: Vectors, k: int) -> Signatures:
        """The rows that are likely the nearest, with their exact signatures, as the archive has them now.

        Args:
            signature: What is looked for, L2-normalised, shape (dimension,).
            k: How many are wanted; more are given.

        Raises:
            ArchiveError: The archive can't be read.
        """
        with self._lock:
            self._catch_up()
            while True:
                ids = self._candidates(signature, k)
                with self._reading() as db:
                    found = signatures.by_ids(db, self._space, ids.tolist())
                gone = np.setdiff1d(ids, found.ids)
                if not len(gone):
                    return found
                self._leave_behind(gone)

    def catch_up(self) -> None:
        """Take in what the archive has and the index lacks.

        Raises:
            ArchiveError: The archive can't be read.
        """
        with self._lock:
            self._catch_up()

    def renew(self) -> None:
        """Train the index anew if its space has grown out of its training.

        Raises:
            ArchiveError: The archive can't be read.
        """
        with self._lock:
            self._catch_up()
            if self._kept is not None and len(self._ids) > _GROWN * self._kept.trained_on:
                self._file.restart(self._space)
                self._coder = None
                self._catch_up()

    def _catch_up(self) -> None:
        if self._coder is None:
            self._load()
        while True:
            with self._reading() as db:
                more = signatures.after(db, self._space, self._last, BLOCK)
            if len(more):
                self._tail = self._tail.joined(more)
                self._last = int(more.ids[-1])
            if len(self._tail) >= BLOCK and not self._seal():
                self._load()
            elif len(more) < BLOCK:
                return

    def _load(self) -> None:
        """Take over what the file has, as far as it is true of the archive."""
        try:
            self._take_over(*self._from_file())
        except Unreadable:
            with suppress(ArchiveError):  # something in its place that can't go
                self._file.discard()
            try:
                self._take_over(*self._from_file())
            except Unreadable:
                self._take_over(None, [], Coder.load(self._train()[0]))

    def _from_file(self) -> tuple[Kept | None, list[Block], Coder]:
        trained: tuple[bytes, int] | None = None
        try:
            kept = self._file.space(self._space)
            if kept is None:
                trained = self._train()
                kept = self._file.begin(self._space, *trained)
            blocks = [block for block in self._file.blocks(kept) if len(block.numbers)]
            return kept, blocks, Coder.load(kept.coder)
        except sqlite3.DatabaseError:  # a full or read-only disk, or someone who holds the file: do without
            return None, [], Coder.load((trained or self._train())[0])

    def _take_over(self, kept: Kept | None, blocks: list[Block], coder: Coder) -> None:
        numbers = np.concatenate([np.empty((0, 2), np.int64), *(block.numbers for block in blocks)])
        last = max((block.last for block in blocks), default=0)
        lacked: NDArray[np.int64] = np.empty(0, np.int64)
        with self._reading() as db, transaction(db, "DEFERRED"):
            if signatures.total(db, self._space, last) != Sum(len(numbers), int(numbers[:, 1].sum())):
                there = signatures.numbers(db, self._space, last)
                lacked = _less(there, numbers)
                if len(lacked) > _MOST_LACKED * BLOCK:
                    raise Unreadable("codes of another archive")
                extra = _less(numbers, there)
                blocks = [block.without(extra) for block in blocks]
                self._file.remove(self._space.owner, extra.tolist())
            self._tail = signatures.by_ids(db, self._space, lacked.tolist())
        self._last = last
        self._ids = np.concatenate([np.empty(0, np.int64), *(block.numbers[:, 0] for block in blocks)])
        self._codes = Codes(coder, [block.coarse for block in blocks], [block.fine for block in blocks])
        self._gone = set()
        self._kept, self._coder = kept, coder

    def _train(self) -> tuple[bytes, int]:
        """A coder as bytes, and how many signatures there were."""
        with self._reading() as db, transaction(db, "DEFERRED"):
            every = signatures.numbers(db, self._space, _NEWEST)[:, 0]
            chosen = np.random.default_rng(0).permutation(every)[:_TRAINED_ON]
            sample = signatures.by_ids(db, self._space, chosen.tolist())
        return Coder.train(sample.vectors).dump(), len(every)

    def _seal(self) -> bool:
        """Turn the tail into codes; False if another process has changed the file, and all must be loaded."""
        assert self._coder is not None
        turned = self._coder.turn(self._tail.vectors)
        numbers = np.stack([self._tail.ids, self._tail.stamps], axis=1)
        block = Block(self._last, numbers, self._coder.coarse(turned), self._coder.fine(turned))
        if self._kept is not None:
            try:
                self._kept = self._keep(self._kept, block)
            except (Unreadable, ArchiveError, sqlite3.DatabaseError):
                # A full or read-only disk, a file that was spoilt: the next process makes it good.
                self._kept = None
            else:
                if self._kept is None:
                    self._coder = None
                    return False
        self._codes.append(turned, block.fine)
        self._ids = np.concatenate([self._ids, block.numbers[:, 0]])
        self._tail = self._tail.rows(slice(0, 0))
        return True

    def _keep(self, kept: Kept, block: Block) -> Kept | None:
        # The archive's right to write is held until the block is on disk: nothing that is forgotten
        # meanwhile can slip back into the file.
        with self._reading() as db, transaction(db):
            there = signatures.alive(db, block.numbers[:, 0].tolist())
            block = block.without(np.setdiff1d(block.numbers[:, 0], there))
            return self._file.append(kept, block) if len(block.numbers) else kept

    def _candidates(self, signature: Vectors, k: int) -> NDArray[np.int64]:
        narrow = max(_NARROW, _NARROW_OF_EACH * k)
        places = self._codes.nearest(
            signature, max(_WIDE, _WIDE_OF_EACH * k) + len(self._gone), narrow + len(self._gone)
        )
        cosines = self._tail.vectors @ signature
        ids = np.concatenate([self._ids[places], self._tail.ids[np.argsort(-cosines)[:narrow]]])
        return ids[~np.isin(ids, list(self._gone))]

    def _leave_behind(self, gone: NDArray[np.int64]) -> None:
        """Look past rows that the archive no longer has; of too many, get rid."""
        self._gone.update(gone.tolist())
        if len(self._gone) > _MOST_GONE:
            self._coder = None
            self._catch_up()


def _less(these: NDArray[np.int64], those: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which numbers of ``these`` are not among ``those``: pairs of number and stamp, shape (n, 2) each."""
    left = np.isin(these[:, 0] << 32 | these[:, 1], those[:, 0] << 32 | those[:, 1], invert=True)
    numbers: NDArray[np.int64] = these[left, 0]
    return numbers
