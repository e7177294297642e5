"""Tokens' bytes turned into text as they come: characters whole, stop strings never shown."""

from __future__ import annotations

import codecs

_decoder = codecs.getincrementaldecoder("utf-8")


class Spelling:
    """One text while it is being written.

    Bytes that are no UTF-8 are dropped. What might still become a stop string, and space at either end,
    is held back.

    Args:
        stop: Strings that end the text.
    """

    def __init__(self, stop: tuple[str, ...]) -> None:
        self.stopped = False
        self._stop = stop
        self._decoder = _decoder("ignore")
        self._text = ""
        self._given = 0  # characters of the text that were given away, or are space before its beginning
        self._begun = False

    @property
    def text(self) -> str:
        """The text as it stands, without space around it."""
        return self._text.strip()

    def add(self, data: bytes) -> str:
        """Take a token's bytes.

        Returns:
            What can be shown now; joined with what ``end`` gives, these pieces are the text.
        """
        self._text += self._decoder.decode(data)
        self._look_for_stop()
        if self.stopped:
            return ""
        places = range(self._given, len(self._text))
        return self._give(next((at for at in places if self._may_end_at(at)), len(self._text)))

    def end(self) -> str:
        """Finish: no further bytes come.

        Returns:
            What had been held back and belongs to the text.
        """
        self._text += self._decoder.decode(b"", final=True)
        self._look_for_stop()
        return self._give(max(self._given, len(self._text.rstrip())))

    def _look_for_stop(self) -> None:
        found = [at for stop in self._stop if (at := self._text.find(stop, self._given)) >= 0]
        if found:
            self.stopped = True
            self._text = self._text[: min(found)]

    def _may_end_at(self, at: int) -> bool:
        """Whether the text may turn out to end here: before a stop string still incomplete, or space."""
        rest = self._text[at:]
        return any(stop.startswith(end) for stop in ("", *self._stop) for end in (rest, rest.lstrip()))

    def _give(self, end: int) -> str:
        piece = self._text[self._given : end]
        self._given = end
        if not self._begun:
            piece = piece.lstrip()
            self._begun = bool(piece)
        return piece
