"""HTTP to one server of models: what it answers comes as data, what goes wrong as ``ModelError``."""

from __future__ import annotations

import asyncio
import functools
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Self

import httpx2

from models.remote.refusals import Busy, failure, refusal
from scene.errors import ModelError

SILENCE = 300.0
"""Seconds without a byte, in a queue or over a long prompt, after which a server is given up."""

PATIENCE = 2.0
"""Seconds before a busy server is asked once more, where it names no time."""

LONGEST_PATIENCE = 30.0
"""Seconds that a server's ``Retry-After`` may ask for."""

_TIMEOUT = httpx2.Timeout(SILENCE, connect=10.0)


class Line:
    """A connection for one call. It dies with the call, and nothing is left for another event loop.

    Args:
        url: Base of the server's API, such as ``http://localhost:8080/v1``.
        key: For ``Authorization: Bearer``; nothing is sent without one.
    """

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._above = url.removesuffix("/v1")
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._key = key

    async def __aenter__(self) -> Self:
        context = await asyncio.to_thread(_tls)
        self._client = httpx2.AsyncClient(headers=self._headers, timeout=_TIMEOUT, verify=context)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, path: str, *, above: bool = False) -> Any:
        """Get JSON.

        Args:
            path: Below the API's base.
            above: The path stands beside ``/v1`` and not below it.
        """
        return await self._json("GET", path, None, above)

    async def post(self, path: str, fields: dict[str, Any], *, above: bool = False) -> Any:
        """Post JSON and get JSON; arguments as for ``get``."""
        return await self._json("POST", path, fields, above)

    async def choices(self, path: str, fields: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """Post a request with ``"stream": true`` and give each element of ``choices`` as it comes.

        Raises:
            ModelError: As for ``get``; ``server-broken`` when the stream breaks off before its end.
        """
        async with self._answer("POST", self._url + path, fields) as response:
            async for event in httpx2.EventSource(response):
                if event.data == "[DONE]":
                    return
                with self.understanding():
                    told = json.loads(event.data)
                    if error := told.get("error"):
                        raise failure(self._url, error)
                    choices = list(told["choices"])
                for choice in choices:
                    yield choice
            raise httpx2.RemoteProtocolError("the answer ended early")

    @contextmanager
    def understanding(self) -> Iterator[None]:
        """Read what the server answered: a shape that it shouldn't have is the server's error."""
        try:
            yield
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise ModelError("server-strange", url=self._url) from error

    async def _json(self, method: str, path: str, fields: dict[str, Any] | None, above: bool) -> Any:
        url = (self._above if above else self._url) + path
        async with self._answer(method, url, fields) as response:
            answer = await response.aread()
        with self.understanding():
            return json.loads(answer)

    @asynccontextmanager
    async def _answer(
        self, method: str, url: str, fields: dict[str, Any] | None
    ) -> AsyncIterator[httpx2.Response]:
        """A good answer, whose body hasn't been read yet; a busy server is asked twice."""
        try:
            try:
                response = await self._send(method, url, fields)
            except Busy as busy:
                await asyncio.sleep(min(busy.seconds or PATIENCE, LONGEST_PATIENCE))
                response = await self._send(method, url, fields)
            try:
                yield response
            finally:
                await response.aclose()
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            raise ModelError("server-unreachable", url=self._url, reason=_reason(error)) from error
        except httpx2.TimeoutException as error:
            raise ModelError("server-silent", url=self._url, seconds=round(SILENCE)) from error
        except (httpx2.SSEError, httpx2.DecodingError) as error:
            raise ModelError("server-strange", url=self._url) from error
        except httpx2.RequestError as error:
            raise ModelError("server-broken", url=self._url, reason=_reason(error)) from error

    async def _send(self, method: str, url: str, fields: dict[str, Any] | None) -> httpx2.Response:
        request = self._client.build_request(method, url, json=fields)
        response = await self._client.send(request, stream=True)
        if response.status_code == 200:
            return response
        try:
            answer = (await response.aread()).decode("utf-8", "replace")
        finally:
            await response.aclose()
        if self._key:
            answer = answer.replace(self._key, "…")
        raise refusal(self._url, response.status_code, response.headers.get("retry-after", ""), answer)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


@functools.cache
def _tls() -> ssl.SSLContext:
    """Certificates to trust, read once: it takes longer than a token."""
    return httpx2.create_ssl_context()
