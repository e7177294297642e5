"""The log: lines for a person or JSON for a program, each with its request's id and none with a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import regex

from bot.job import current

LogFormat = Literal["text", "json"]

# A bot's token, and what stands for a key in a header or an address.
_SECRETS = (
    (regex.compile(r"\b[0-9]{3,}:[A-Za-z0-9_-]{20,}"), "[token]"),
    (regex.compile(r"/bot[0-9]+:[^/\s\"']+"), "/bot[token]"),
    (regex.compile(r"(?i)\b(bearer|secret_token=|secret-token:) *[^\s\"'&,]+"), r"\1 [secret]"),
)
_LEAST = 6  # characters of a secret that is looked for: a shorter one is in every other line


class Hushed(logging.Formatter):
    """Formats records without secrets, whoever logs them: a library's lines and tracebacks, too.

    Args:
        json_lines: A JSON object each, for programs.
        secrets: What must not be seen, beside what looks like a token.
    """

    def __init__(self, *, json_lines: bool, secrets: Iterable[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(request)s: %(message)s")
        self._json_lines = json_lines
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        running = current()
        if not self._json_lines:
            record.request = f" [{running.job.id}]" if running else ""
            return hush(super().format(record), self._secrets)
        line: dict[str, str | int] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if running:
            line |= {"request": running.job.id, "attempt": running.attempt}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return hush(json.dumps(line, ensure_ascii=False), self._secrets)


def hush(text: str, secrets: Iterable[str] = ()) -> str:
    """Cover the secrets in a text.

    Args:
        text: Any text.
        secrets: What must not be seen, beside what looks like a token.
    """
    for secret in secrets:
        if len(secret) >= _LEAST:
            text = text.replace(secret, "[secret]")
    for pattern, cover in _SECRETS:
        text = pattern.sub(cover, text)
    return text


def begin_logging(how: LogFormat, secrets: Iterable[str] = ()) -> None:
    """Log warnings of everybody and the bot's own news to stderr.

    Args:
        how: ``text`` or ``json``.
        secrets: What must not be seen in any line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Hushed(json_lines=how == "json", secrets=secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("bot").setLevel(logging.INFO)
