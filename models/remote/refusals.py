"""Why a server gives no text: the sentence behind a status and a body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from scene.errors import ModelError

_REASON = 200  # characters of a server's own words that are worth showing


class Refused(ModelError):
    """The server understood the request and won't do it (HTTP 400 or 422)."""

    def __init__(self, url: str, status: int, reason: str) -> None:
        super().__init__("server-refused", url=url, status=status, reason=reason)
        self.reason = reason


class Busy(ModelError):
    """The server can't serve now (HTTP 429 or 503).

    Attributes:
        seconds: How long it asks to wait; None where it doesn't say.
    """

    def __init__(self, url: str, status: int, retry_after: str) -> None:
        super().__init__("server-busy", url=url, status=status)
        self.seconds = float(retry_after) if retry_after.isdecimal() else None


def refusal(url: str, status: int, retry_after: str, answer: str) -> ModelError:
    """The error for an answer that is no text.

    Args:
        url: The server's, to tell a person.
        status: HTTP status.
        retry_after: The header of this name, or nothing.
        answer: The answer's body.
    """
    if status in (401, 403):
        # What the server says may quote the key.
        return ModelError("server-key-refused", url=url, status=status)
    told = _error(answer)
    reason = " ".join(str(told.get("message") or answer).split())[:_REASON] or "-"
    if too_long := _too_long(told, reason):
        return too_long
    if status in (429, 503):
        return Busy(url, status, retry_after)
    if status in (404, 405) or 300 <= status < 400:
        return ModelError("server-not-found", url=url, status=status, reason=reason)
    if status >= 500:
        return ModelError("server-failed", url=url, status=status, reason=reason)
    return Refused(url, status, reason)


def failure(url: str, told: Mapping[str, Any]) -> ModelError:
    """The error that a server reports in the middle of a stream."""
    # Too late to be refused or put off: something has been written.
    return refusal(url, 500, "", json.dumps({"error": told}))


def named(reason: str, fields: Iterable[str]) -> set[str]:
    """Those fields that a refusal speaks of."""
    return {name for name in fields if re.search(rf"\b{name}\b", reason)}


def _error(answer: str) -> Mapping[str, Any]:
    """The error object of an answer, whichever of the usual shapes it has."""
    try:
        told = json.loads(answer)
    except ValueError:
        return {}
    error = told.get("error", told) if isinstance(told, dict) else {}
    return error if isinstance(error, dict) else {"message": error}


def _too_long(told: Mapping[str, Any], reason: str) -> ModelError | None:
    if told.get("type") == "exceed_context_size_error":  # llama-server
        tokens, room = int(told.get("n_prompt_tokens", 0)), int(told.get("n_ctx", 0))
        return ModelError("prompt-too-long", tokens=tokens, room=room)
    # vLLM and OpenAI: "maximum context length is 2048 tokens. However, you requested 5001 tokens".
    found = re.search(r"maximum context length is (\d+)\D+?(\d+)", reason)
    return ModelError("prompt-too-long", tokens=int(found[2]), room=int(found[1])) if found else None
