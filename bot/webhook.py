"""Updates that Telegram brings: each is answered with 200 only when it is on disk.

A proxy in front ends TLS and passes requests on to this port. Whoever does not know the secret is turned away
before a byte of the update is read (https://core.telegram.org/bots/api#setwebhook).
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from aiohttp import web

from bot import metrics
from bot.status import listen
from scene.errors import ArchiveError

logger = logging.getLogger(__name__)

_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_MOST_BYTES = 1024 * 1024  # an update is a few KiB; a message with all its entities and reply some dozens


async def serve_webhook(
    url: str, secret: str, host: str, port: int, take_in: Callable[[Sequence[object]], Awaitable[None]]
) -> web.AppRunner:
    """Listen for updates.

    Args:
        url: The address that Telegram calls; its path is served.
        secret: What Telegram proves itself with.
        host: The address to listen on.
        port: The port.
        take_in: Keeps updates, given as JSON; they are on disk when it returns.

    Returns:
        What runs it; ``cleanup()`` ends it, after answering what has come.

    Raises:
        SettingsError: ``port-taken``.
    """

    async def update(request: web.Request) -> web.Response:
        given = request.headers.get(_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, secret.encode()):
            metrics.ERRORS.labels("webhook_secret").inc()
            return web.Response(status=401)
        try:
            body = json.loads(await request.read())
        except (ValueError, RecursionError):
            return web.Response(status=400)
        try:
            await take_in([body])
        except ArchiveError as error:
            metrics.ERRORS.labels("archive").inc()
            logger.error("an update could not be kept: %s", error)
            return web.Response(status=503)  # Telegram brings it again
        return web.Response()

    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post(urlsplit(url).path or "/", update)
    return await listen(app, host, port)
