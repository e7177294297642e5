"""Each promise of who may do what and how much, attacked."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import unused_port
from pydantic import SecretStr
from sqlite_utils import Database

from bot.access import START, Access
from bot.arrivals import Arrival, arrival
from bot.bridge import Bridge
from bot.limits import MAX_TEXT, Limits
from bot.logs import begin_logging
from bot.sandbox import Sandbox, serve
from bot.sandbox.objects import Chat, Message, User
from bot.service import Service
from bot.settings import Settings, exposed_env
from bot.texts import texts
from scene.atoms import Lang
from storage.people import People
from tests.bench import fuzz

WITHIN = 60.0
TOKEN = "42:AAE-secretsecretsecretsecret_secret"
SECRET = "a-secret-of-the-webhook"
say = texts(Lang.EN)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Place:
    """A bot that only two admins may use, in a Telegram of its own; the second has not flooded it."""

    sandbox: Sandbox
    service: Service
    settings: Settings
    admin: User
    second: User
    hook: str
    status: str

    async def ask(self, person: User, text: str, chat: Chat | None = None) -> Message:
        """Say something and wait for the next message of the bot."""
        before = len(self.sandbox.history(chat or person))
        await self.sandbox.say(person, text, chat=chat)
        await self.sandbox.wait_for(lambda: len(self.sandbox.history(chat or person)) > before + 1, WITHIN)
        return self.sandbox.history(chat or person)[before + 1]

    def told(self, person: User) -> list[str]:
        """All that the bot has said to somebody."""
        history = self.sandbox.history(person)
        return [each.text for each in history if each.from_user.id == self.sandbox.bot.id]


@asynccontextmanager
async def _placed(folder: Path, **changed: object) -> AsyncIterator[Place]:
    sandbox = Sandbox(token=TOKEN, username="hyperbridge_bot")
    server = await serve(sandbox)
    admin, second = sandbox.add_person("Admin", "en"), sandbox.add_person("Second", "en")
    hook, status = unused_port(), unused_port()
    settings = Settings(_env_file=None).model_copy(  # type: ignore[call-arg]
        update={
            "token": SecretStr(TOKEN),
            "api_url": server.url,
            "db": folder / "archive.db",
            "model": "smollm2-135m",
            "threads": 1,
            "admins": f"{admin.id},{second.id}",
            "drain": 0.0,
            "webhook_url": f"http://127.0.0.1:{hook}/hook",
            "webhook_secret": SecretStr(SECRET),
            "webhook_port": hook,
            "status_port": status,
        }
        | changed
    )
    bridge = Bridge(settings)
    service = Service(settings, bridge)
    await service.start()
    try:
        urls = settings.webhook_url, f"http://127.0.0.1:{status}"
        yield Place(sandbox, service, settings, admin, second, *urls)
    finally:
        await service.stop()
        await bridge.close()
        await server.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with _placed(tmp_path_factory.mktemp("trust")) as place:
        yield place


async def test_a_stranger_is_told_once_and_leaves_no_job(place: Place) -> None:
    stranger = place.sandbox.add_person("Stranger", "en")
    assert (await place.ask(stranger, "snowwolf")).text == say("private", id=str(stranger.id))
    for text in ("/help", "snowwolf", "/export", "/invite", f"/start {START}guess"):
        await place.sandbox.say(stranger, text)
    await place.sandbox.wait_for(lambda: say("invite-unknown") in place.told(stranger), WITHIN)
    await place.service.desk.idle()
    assert place.told(stranger) == [say("private", id=str(stranger.id)), say("invite-unknown")]
    group = place.sandbox.add_group("Others")
    await place.sandbox.say(stranger, "/help", chat=group)
    assert (await place.ask(place.admin, "/help")).text == say("help").strip()
    assert [each for each in place.sandbox.history(group) if each.from_user.id == place.sandbox.bot.id] == []


async def test_an_invitation_lets_in_as_many_as_it_says_until_it_is_closed(place: Place) -> None:
    one, two, three = (place.sandbox.add_person(name, "en") for name in ("One", "Two", "Three"))
    assert (await place.ask(place.admin, "/invite 0")).text == say("invite-how-many", limit=1000)
    made = (await place.ask(place.admin, "/invite")).text
    start = made.split("?start=")[1].split()[0]
    assert (await place.ask(one, f"/start {start}")).text.startswith(say("invited"))
    assert (await place.ask(one, f"/start {start}")).text == say("invited-already")
    assert (await place.ask(two, f"/start {start}")).text == say("invite-unknown")
    assert (await place.ask(one, "/help")).text == say("help").strip()
    for forbidden in ("/invite", "/people", f"/revoke {place.admin.id}"):
        assert (await place.ask(one, forbidden)).text == say("admins-only")

    many = (await place.ask(place.admin, "/invite 5")).text
    start, number = many.split("?start=")[1].split()[0], many.split("#")[1].split()[0]
    listed = (await place.ask(place.admin, "/people")).text
    assert "One" in listed
    assert f"#{number}" in listed
    assert (await place.ask(place.admin, f"/revoke #{number}")).text == say(
        "invite-closed", number=int(number)
    )
    assert (await place.ask(three, f"/start {start}")).text == say("invite-unknown")
    assert (await place.ask(place.admin, f"/revoke {one.id}")).text == say("guest-gone", id=str(one.id))
    assert (await place.ask(one, "/help")).text == say("private", id=str(one.id))
    with closing(People(place.settings.db)) as people:
        assert people.guests() == []
    with closing(Database(place.settings.db)) as db:
        assert start.removeprefix(START) not in str(list(db["invites"].rows))


async def test_a_webhook_without_its_secret_is_turned_away(place: Place) -> None:
    person = place.admin
    await place.sandbox.say(person, "/help")
    message = place.sandbox.history(person)[-1].to_json()
    forged = {"update_id": 7_000_000, "message": message | {"text": "/start"}}
    header = "X-Telegram-Bot-Api-Secret-Token"
    async with aiohttp.ClientSession() as http:
        for headers in ({}, {header: ""}, {header: SECRET[:-1]}, {header: "ы" * 9}, {header: SECRET + "x"}):
            async with http.post(place.hook, json=forged, headers=headers) as answer:
                assert answer.status == 401, headers
        right = {header: SECRET}
        for body, status in ((b"{", 400), (b"[" * 200_000, 400), (b" " * 2_000_000, 413), (b"[]", 200)):
            async with http.post(place.hook, data=body, headers=right) as answer:
                assert answer.status == status
        async with http.get(place.hook, headers=right) as answer:
            assert answer.status == 405
    await place.sandbox.wait_for(lambda: place.told(person)[-1:] == [say("help").strip()], WITHIN)
    await place.service.desk.idle()
    assert say("start").strip() not in place.told(person)


async def test_health_readiness_and_figures_are_told_on_their_own_port(place: Place) -> None:
    await place.ask(place.admin, "/help")
    async with aiohttp.ClientSession(place.status) as http:
        async with http.get("/health") as answer:
            assert answer.status == 200
        async with http.get("/ready") as answer:
            assert (answer.status, (await answer.json())["lacking"]) == (503, ["model"])
        async with http.get("/metrics") as answer:
            figures = await answer.text()
    for name in (
        "queue_length",
        "first_token_seconds_bucket",
        "tokens_total",
        "flood_waits_total",
        "jobs_total",
    ):
        assert f"hyperbridge_{name}" in figures
    assert TOKEN not in figures


async def test_a_flood_of_buttons_is_answered_and_does_nothing(place: Place) -> None:
    person = place.admin
    forged = {
        "from": person.to_json(),
        "chat_instance": "1",
        "message": place.sandbox.history(person)[0].to_json(),
        "data": "1:poem",
    }
    updates = [{"update_id": 8_000_000 + n, "callback_query": forged | {"id": str(n)}} for n in range(200)]
    before = len(place.told(person))
    await place.service.desk.take_in(updates)
    await place.service.desk.idle()
    # Of another chat's scene, or of none, nothing is told but that it is not here.
    assert set(place.told(person)[before:]) <= {say("scene-unknown-code", code="SCN-1")}
    assert 0 < len(place.told(person)) - before <= 30


async def test_fuzzed_updates_break_nothing(tmp_path: Path) -> None:
    found = await fuzz.run(200, tmp_path, seed=11)
    assert found.unhandled == []
    assert found.left == 0
    assert found.accepted > 10


class Clock:
    """A clock that tests set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _limits(tmp_path: Path, used: dict[int, int] | None = None, **changed: object) -> tuple[Limits, Clock]:
    settings = Settings(_env_file=None).model_copy(update={"allowed_users": "*"} | changed)  # type: ignore[call-arg]
    clock = Clock()
    return Limits(settings, Access(settings, People(tmp_path / "a.db")), used or {}, clock), clock


def _scene(number: int = 1, person: int = 5, chat: int = 5, **fields: object) -> Arrival:
    return Arrival(number, "message", person, chat, message=number, size=9, **fields)  # type: ignore[arg-type]


async def test_each_limit_refuses_and_says_so_once(tmp_path: Path) -> None:
    limits, clock = _limits(tmp_path, scenes_per_minute=2)
    assert limits.judge(_scene(), 0) is None
    full = limits.judge(_scene(), 5)
    assert full is not None
    assert (full.key, full.aloud) == ("limit-queue", True)
    assert limits.judge(_scene(), 0) is None
    verdicts = [limits.judge(_scene(), 0) for _ in range(3)]
    assert [(each.key, each.aloud) for each in verdicts if each] == [
        ("limit-minute", True),
        ("limit-minute", False),
        ("limit-minute", False),
    ]
    assert limits.judge(_scene(person=6, chat=6), 0) is None  # others are not held up
    assert limits.judge(_scene(command="help"), 0) is None
    clock.now = 61.0
    assert limits.judge(_scene(), 0) is None
    long = limits.judge(_scene(), 0)
    assert long is None
    long = limits.judge(Arrival(1, "message", 5, 5, size=MAX_TEXT + 1), 0)
    assert long is not None
    assert long.key == "limit-too-long"


async def test_the_budget_of_a_day_outlives_a_restart_and_a_group_has_its_own(tmp_path: Path) -> None:
    limits, _ = _limits(tmp_path, {5: 300, -7: 999}, scenes_per_minute=0)
    spent = limits.judge(_scene(), 0)
    assert spent is not None
    assert spent.key == "limit-day"
    assert limits.judge(_scene(person=6, chat=-7), 0) is None
    group = limits.judge(_scene(person=8, chat=-7), 0)
    assert group is not None
    assert group.key == "limit-chat-day"


async def test_a_flood_is_refused_whatever_it_is_made_of(tmp_path: Path) -> None:
    limits, clock = _limits(tmp_path, scenes_per_minute=0)
    press = Arrival(1, "callback_query", 5, 5, query="1", data="x")
    verdicts = [limits.judge(press, 0) for _ in range(1000)]
    assert [each for each in verdicts if each is None] == [None] * 30
    assert sum(each.aloud for each in verdicts if each) == 1
    clock.now = 11.0
    assert limits.judge(press, 0) is None
    heavy = [limits.judge(_scene(command="export", person=9, chat=9), 0) for _ in range(13)]
    assert [each.key for each in heavy if each] == ["limit-heavy"]


@pytest.mark.parametrize(
    "asked", [{"command": "noise"}, {"command": "sigma"}, {"kind": "callback_query", "data": "noise:1:poem"}]
)
async def test_measurements_are_limited_however_they_are_asked_for(
    tmp_path: Path, asked: dict[str, str]
) -> None:
    limits, clock = _limits(tmp_path)

    def refused(person: int, chat: int, times: int) -> list[str]:
        found = []
        for _ in range(times):
            clock.now += 1.0  # no flood
            found.append(
                limits.judge(Arrival(1, **({"kind": "message"} | asked), person=person, chat=chat), 0)
            )
        return [each.key for each in found if each]

    assert refused(5, 5, 13) == ["limit-heavy"]
    of_group = [refused(person, -7, 12) for person in (6, 7, 8, 9)]
    assert of_group == [[], [], [], ["limit-chat-heavy"] * 12]
    clock.now += 3600.0
    assert refused(9, -7, 1) == []


@pytest.mark.parametrize(
    "update",
    [None, [], "x", {}, {"update_id": -1, "message": {}}, {"update_id": True}, {"update_id": 2**63},
     {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": "1", "type": "private"}}},
     {"update_id": 1, "poll": {"id": "1"}}, {"update_id": 1, "message": [[[]]]}],
)  # fmt: skip
async def test_what_nobody_sent_is_no_update(update: object) -> None:
    assert arrival(update) is None


async def test_no_secret_is_in_a_repr_or_a_log_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None).model_copy(  # type: ignore[call-arg]
        update={"token": SecretStr(TOKEN), "webhook_secret": SecretStr(SECRET), "db": tmp_path / "a.db"}
    )
    for shown in (repr(settings), str(settings), settings.model_dump_json(exclude={"personas", "db"})):
        assert TOKEN not in shown
        assert SECRET not in shown
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers[:])
    level = root.level
    try:
        for how in ("text", "json"):
            begin_logging(how, settings.secrets)  # type: ignore[arg-type]
            root.setLevel(logging.DEBUG)
            url = f"https://api.telegram.org/bot{TOKEN}/getUpdates?secret_token={SECRET}"
            logging.getLogger("httpx").info("HTTP Request: POST %s", url)
            other = "https://api.telegram.org/bot77:another-token-of-somebody/getMe"
            try:
                raise RuntimeError(f"cannot reach {url} or {other}")
            except RuntimeError:
                logging.getLogger("bot").exception("failed")
    finally:
        root.setLevel(level)
    seen = capsys.readouterr().err
    assert seen.count("cannot reach") >= 4
    assert not any(secret in seen for secret in (TOKEN, SECRET, "another-token"))
    lines = [line for line in seen.splitlines() if line.startswith("{")]
    assert [json.loads(line)["level"] for line in lines] == ["INFO", "ERROR"]


async def test_an_open_env_file_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = tmp_path / ".env"
    assert exposed_env() is None
    env.write_text("TELEGRAM_BOT_TOKEN=x\n")
    env.chmod(0o640)
    assert exposed_env() == Path(".env")
    env.chmod(0o600)
    assert exposed_env() is None
    with pytest.raises(ValueError, match="16 to 256"):
        Settings(_env_file=None, HYPERBRIDGE_WEBHOOK_SECRET="short")  # type: ignore[call-arg]


HOSTILE = [
    b"[" * 100_000,
    b'{"source": ' + b'{"a": ' * 50_000,
    b'{"source": "\\ud800"}',
    b'{"source": 5}',
    b'{"source": "snowwolf", "atoms": "x"}',
    b'{"source": "snowwolf", "code": "../../etc/passwd", "renderings": [{"form": "../poem"}]}',
    b'{"source": "' + b"a" * 1_000_000 + b'"}',
    b'{"word": "../../passwd"}',
    b"\xff\xfe\x00",
    b'{"source": "snowwolf", "created_at": "99999999-01-01"}',
    b'{"source": "snowwolf", "renderings": [{"seed": 1e999}]}',
]


async def test_a_hostile_import_keeps_out_line_by_line(place: Place) -> None:
    person = place.second
    before = len(place.told(person))
    content = b"\n".join([*HOSTILE, b'{"source": "keydoorlight"}\n'])
    await place.sandbox.send_document(person, content, "../../../etc/cron.d/x.jsonl")
    await place.sandbox.wait_for(lambda: len(place.told(person)) > before, WITHIN)
    told = place.told(person)[before]
    assert told.startswith(say("import-done", scenes=1, renderings=0, words=0))
    assert not await asyncio.to_thread(Path("/etc/cron.d/x.jsonl").exists)
