"""A local Bot API server: Telegram's methods and files over HTTP, acting on a sandbox.

A bot reaches it by making ``http://HOST:PORT/bot`` the base of its URLs. Requests and answers have
the form of https://core.telegram.org/bots/api#making-requests.
"""

import asyncio
import contextlib
import ipaddress
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot.sandbox.errors import BotApiError
from bot.sandbox.faults import Fault
from bot.sandbox.files import MAX_DOCUMENT
from bot.sandbox.methods import METHODS
from bot.sandbox.page import page_routes
from bot.sandbox.parameters import Parameters, read_parameters
from bot.sandbox.people import Sandbox

Method = Callable[[Sandbox, Parameters], Awaitable[object]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """A running sandbox server.

    Attributes:
        url: Its address, such as "http://127.0.0.1:8081". The chat page is there, the Bot API at
            ``{url}/bot``, files at ``{url}/file/bot``.
        runner: What runs it.
    """

    url: str
    runner: web.AppRunner

    async def stop(self) -> None:
        """Stop serving, ending long polls at once."""
        await self.runner.cleanup()


async def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve a sandbox: the Bot API for the bot and a chat page for people.

    Args:
        sandbox: The sandbox.
        host: The address to listen on. Whatever it is, only requests that name a loopback host are answered.
        port: The port, 0 for a free one.

    Returns:
        The running server.

    Raises:
        OSError: The port is taken.
    """
    runner = web.AppRunner(_application(sandbox), access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    return Server(f"http://{f'[{host}]' if ':' in host else host}:{bound}", runner)


def _application(sandbox: Sandbox) -> web.Application:
    api = _BotApi(sandbox)
    # A document and some room for the form around it.
    app = web.Application(client_max_size=MAX_DOCUMENT + (1 << 20), middlewares=[_loopback_only])
    app.router.add_route("*", "/bot{token}/{method}", api.call)
    app.router.add_get("/file/bot{token}/{path:.+}", api.download)
    app.router.add_routes(page_routes(sandbox))
    app.cleanup_ctx.append(api.deliver_to_webhook)

    async def end_long_polls(_: web.Application) -> None:
        sandbox.changes.close()

    app.on_shutdown.append(end_long_polls)
    return app


@web.middleware
async def _loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep other sites out: a page elsewhere may post here, or make its name resolve to this machine."""
    origin = request.headers.get("Origin")
    if not _is_loopback(request.host) or (origin is not None and origin != f"http://{request.host}"):
        raise web.HTTPForbidden(text="The sandbox answers only to its own page on this machine.")
    return await handler(request)


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class _BotApi:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def call(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
            method = METHODS.get(request.match_info["method"].lower())
            if request.method not in ("GET", "POST") or method is None:
                raise BotApiError(404, "Not Found: method not found")
            result = await self._perform(request, method)
        except web.HTTPRequestEntityTooLarge:
            return _refuse(BotApiError(413, "Request Entity Too Large"))
        except ConnectionResetError:  # a bot that is stopped hangs up in the middle of what it says
            return _refuse(BotApiError(400, "Bad Request: the connection was lost"))
        except BotApiError as error:
            return _refuse(error)
        return web.json_response({"ok": True, "result": result})

    async def _perform(self, request: web.Request, method: Method) -> object:
        """Carry a request out, or fail as the sandbox's faults say."""
        given = await read_parameters(request)
        faults = self._sandbox.faults
        fault = faults.of_request(request.match_info["method"].lower())
        if fault is Fault.TOO_MANY:
            wait = faults.rates.retry_after
            raise BotApiError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
        if fault is Fault.BROKEN:
            raise BotApiError(500, "Internal Server Error")
        if fault is Fault.TIMED_OUT:
            await asyncio.sleep(faults.rates.hold)
        else:
            result = await method(self._sandbox, given)
        if fault is not None:
            if request.transport is not None:  # the bot may have hung up by itself
                request.transport.abort()
            raise BotApiError(504, "Gateway Timeout")
        return result

    async def download(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
        except BotApiError as error:
            return _refuse(error)
        file = self._sandbox.files.at(request.match_info["path"])
        if file is None:
            return _refuse(BotApiError(404, "Not Found"))
        return web.Response(body=file.content, content_type="application/octet-stream")

    def _check_token(self, request: web.Request) -> None:
        token = request.match_info["token"]
        if not re.fullmatch(r"[1-9][0-9]*:[^/]{1,64}", token):
            raise BotApiError(401, "Unauthorized: invalid token specified")
        if token != self._sandbox.token:
            raise BotApiError(401, "Unauthorized")

    async def deliver_to_webhook(self, _: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            delivery = asyncio.create_task(self._deliver(session))
            yield
            delivery.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await delivery

    async def _deliver(self, session: aiohttp.ClientSession) -> None:
        """Post each update to the webhook until it is taken, in order, as #setwebhook says."""
        updates = self._sandbox.updates
        while True:
            try:
                update = await updates.next_for_webhook()
            except TimeoutError:
                continue
            webhook = updates.webhook
            headers = (
                {"X-Telegram-Bot-Api-Secret-Token": webhook["secret_token"]}
                if webhook["secret_token"]
                else {}
            )
            try:
                async with session.post(webhook["url"], json=update, headers=headers) as response:
                    failure = (
                        ""
                        if response.ok
                        else f"Wrong response from the webhook: {response.status} {response.reason}"
                    )
            except (aiohttp.ClientError, TimeoutError) as error:
                failure = f"{error}" or type(error).__name__
            if not failure:
                updates.taken_by_webhook(update)
            else:
                webhook["last_error_message"] = failure
                await asyncio.sleep(1)


def _refuse(error: BotApiError) -> web.Response:
    answer = {"ok": False, "error_code": error.error_code, "description": error.description}
    if error.parameters:
        answer["parameters"] = error.parameters
    return web.json_response(answer, status=error.error_code)
