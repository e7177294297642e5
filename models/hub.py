"""Fetches a model's file from a model hub, going on where an earlier try broke off.

``huggingface_hub`` supplies the address, the token and the HTTP client, and its settings (``HF_ENDPOINT``,
``HF_TOKEN``, ``HF_HUB_OFFLINE``) hold. Its own ``hf_hub_download`` isn't used: it throws a broken download
away when it gives up, and gigabytes over a weak line must outlive the process.
"""

from __future__ import annotations

import os
import re
import time

import httpx2
from huggingface_hub import get_session, get_token, hf_hub_url
from huggingface_hub.errors import OfflineModeIsEnabled

from models.catalog import HubSource
from models.partial import Partial, SourceError, wrong_size

RETRIES = 3
"""Tries in a row that may bring nothing new before the source is given up."""

FIRST_DELAY = 1.0
"""Seconds before the first retry; each next one waits twice as long."""

LONGEST_DELAY = 30.0
"""Seconds that a hub's own ``Retry-After`` may ask for."""

_TIMEOUT = httpx2.Timeout(30.0, connect=10.0)


class _TryLater(Exception):
    """The hub answered that it can't serve now."""

    def __init__(self, status: int, retry_after: str) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.seconds = float(retry_after) if retry_after.isdecimal() else 0.0


def download(source: HubSource, partial: Partial) -> None:
    """Complete the partial file from the hub.

    Args:
        source: The file on the hub.
        partial: What there is so far; afterwards it has the model's size, its hash still unchecked.

    Raises:
        SourceError: The hub refused, can't be reached, has another file, or broke off too often. What arrived
            stays in the partial file.
    """
    url = hf_hub_url(
        source.repo, source.file, revision=source.revision, endpoint=os.environ.get("HF_ENDPOINT") or None
    )
    furthest, failures = partial.size, 0
    while partial.size < partial.model.bytes:
        try:
            _stream(url, source, partial)
        except OfflineModeIsEnabled as error:
            raise SourceError("source-offline", "HF_HUB_OFFLINE", source.repo) from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise SourceError("source-unreachable", str(error), source.repo, reason=str(error)) from error
        except (httpx2.RequestError, _TryLater) as error:
            # Only a try that got further than all before it counts as success: a hub that ignores ranges
            # and breaks off at the same place each time would otherwise be asked forever.
            failures = 1 if partial.size > furthest else failures + 1
            furthest = max(furthest, partial.size)
            if failures > RETRIES:
                raise _given_up(source, partial, error) from error
            asked = error.seconds if isinstance(error, _TryLater) else 0.0
            time.sleep(min(max(FIRST_DELAY * 2 ** (failures - 1), asked), LONGEST_DELAY))


def _stream(url: str, source: HubSource, partial: Partial) -> None:
    have = partial.size
    # Compressed bytes couldn't be counted, nor resumed.
    headers = {"accept-encoding": "identity", "user-agent": "hyperbridge"}
    if token := get_token():
        headers["authorization"] = f"Bearer {token}"
    if have:
        headers["range"] = f"bytes={have}-"
    with get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT) as response:
        _check_status(response, source)
        if response.status_code != 206:
            partial.cut(0)
        total = _total_bytes(response)
        if total is not None and total != partial.model.bytes:
            raise wrong_size(source.repo, partial.model.bytes, total)
        partial.append(response.iter_raw(), source.repo)
    if partial.size < partial.model.bytes:
        raise httpx2.RemoteProtocolError("the answer ended early")


def _check_status(response: httpx2.Response, source: HubSource) -> None:
    status = response.status_code
    brief = f"HTTP {status}"
    if status in (401, 403):
        raise SourceError("source-unauthorized", brief, source.repo, status=status)
    if status == 404:
        raise SourceError("source-not-found", brief, source.repo, file=source.file, revision=source.revision)
    if status in (408, 425, 429) or status >= 500:
        raise _TryLater(status, response.headers.get("retry-after", ""))
    # 416 says that the file ends before the range: its size, in the same header as a range's, tells the rest.
    if status >= 400 and status != 416:
        raise SourceError("source-refused", brief, source.repo, status=status)


def _total_bytes(response: httpx2.Response) -> int | None:
    if response.status_code == 200:
        length = response.headers.get("content-length", "")
        return int(length) if length.isdecimal() else None
    match = re.fullmatch(r"bytes .*/(\d+)", response.headers.get("content-range", ""))
    return int(match[1]) if match else None


def _given_up(source: HubSource, partial: Partial, error: httpx2.RequestError | _TryLater) -> SourceError:
    reason = str(error) or type(error).__name__
    if isinstance(error, _TryLater):
        return SourceError("source-busy", reason, source.repo, status=error.status)
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return SourceError("source-unreachable", reason, source.repo, reason=reason)
    percent = partial.size * 100 // partial.model.bytes
    return SourceError(
        "source-broken", f"{reason} ({percent} %)", source.repo, reason=reason, percent=percent
    )
