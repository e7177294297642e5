"""Whether the bot lives and works, for what watches over it: on a port of its own, on this machine only.

``/health`` says that the process answers, ``/ready`` that it hears Telegram and can write a scene,
``/metrics`` gives Prometheus its figures.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.metrics import REGISTRY
from bot.settings import SettingsError


async def serve_status(host: str, port: int, lacking: Callable[[], list[str]]) -> web.AppRunner:
    """Serve it.

    Args:
        host: The address to listen on.
        port: The port.
        lacking: What keeps the bot from working just now, a word each; none when it is ready.

    Returns:
        What runs it; ``cleanup()`` ends it.

    Raises:
        SettingsError: ``port-taken``.
    """

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(_: web.Request) -> web.Response:
        lacks = lacking()
        return web.json_response({"ready": not lacks, "lacking": lacks}, status=503 if lacks else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/health", health)
    app.router.add_get("/ready", ready)
    app.router.add_get("/metrics", metrics)
    return await listen(app, host, port)


async def listen(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Serve an application.

    Raises:
        SettingsError: ``port-taken``.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise SettingsError("port-taken", port=str(port)) from None
    return runner
