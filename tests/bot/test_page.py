"""The chat page in a real browser, as people use it, with a scripted bot behind it.

``browser`` in ``conftest.py`` tells which browser, and what happens without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    ReplyKeyboardMarkup,
    ReplyParameters,
    Update,
)

from bot.sandbox import Fault, Sandbox, Server, serve
from bot.sandbox.objects import User

PHONE, WIDE = (390, 844), (1440, 860)
KEYS = InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=text) for text in ("стих", "эссе")]])

expect.set_options(timeout=20_000)  # milliseconds: the machine may be busy
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox() -> Sandbox:
    return Sandbox()


@pytest_asyncio.fixture(loop_scope="module")
async def server(sandbox: Sandbox) -> AsyncIterator[Server]:
    server = await serve(sandbox)
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def bot(sandbox: Sandbox, server: Server) -> AsyncIterator[Bot]:
    async with Bot(sandbox.token, base_url=f"{server.url}/bot") as bot:
        yield bot


class Visit:
    """Somebody's visit to the page.

    Attributes:
        page: The browser's page.
        errors: What went wrong in it.
        asked: The addresses it asked for.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.errors: list[str] = []
        self.asked: list[str] = []
        self._url = url
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: self.asked.append(request.url))

    async def open(self, view: str = "") -> None:
        await self.page.goto(f"{self._url}/{f'#{view}' if view else ''}")
        await self.page.wait_for_selector(".pane:not(.blank) .log > *")

    async def write(self, text: str) -> None:
        await self.page.locator("textarea").last.fill(text)
        await self.page.keyboard.press("Enter")


async def _visit(browser: Browser, server: Server, size: tuple[int, int], **more: str) -> Visit:
    options = {"locale": "ru-RU", **more}
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    return Visit(await context.new_page(), server.url)


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, server: Server) -> AsyncIterator[Visit]:
    visit = await _visit(browser, server, PHONE)
    yield visit
    assert visit.errors == []
    assert all(url.startswith((server.url, "blob:")) for url in visit.asked)  # nothing from elsewhere
    await visit.page.context.close()


async def _guest(sandbox: Sandbox, visit: Visit) -> User:
    """Open the page and begin, as a newcomer does; the bot has heard of it."""
    await visit.open()
    await visit.page.click("text=НАЧАТЬ")
    (guest,) = sandbox.people.values()
    await sandbox.wait_for(sandbox.updates.pending)
    sandbox.updates.drop()
    return guest


async def _update(bot: Bot, kind: str = "message") -> Update:
    """The bot's next update of a kind; those before it are passed over."""
    offset = 0
    while True:
        for update in await bot.get_updates(offset=offset, timeout=5, limit=1):
            offset = update.update_id + 1
            if getattr(update, kind):
                await bot.get_updates(offset=offset, timeout=0)
                return update


async def test_a_newcomer_begins_and_is_answered(sandbox: Sandbox, bot: Bot, visit: Visit) -> None:
    await bot.set_my_description("Пришлите сцену.", language_code="ru")
    guest = await _guest(sandbox, visit)
    page = visit.page
    assert [one.text for one in sandbox.history(guest)] == ["/start"]
    await bot.send_chat_action(guest.id, "typing")
    await expect(page.locator(".status.busy")).to_have_text("печатает…")
    await expect(page.locator(".dots")).to_be_visible()
    await bot.send_message_draft(guest.id, 1, "Снег ложи")
    await expect(page.locator(".draft .text")).to_have_text("Снег ложи")
    sent = await bot.send_message(guest.id, "Снег <b>лёг</b>.", parse_mode="HTML", reply_markup=KEYS)
    await expect(page.locator(".draft")).to_have_count(0)
    await expect(page.locator(".message b", has_text="лёг")).to_be_visible()

    await page.click(".keys >> text=стих")
    query = (await _update(bot, "callback_query")).callback_query
    assert (query.data, query.message.message_id) == ("стих", sent.message_id)
    await query.answer("Пишу стих")
    await expect(page.locator("#toast")).to_have_text("Пишу стих")
    await page.click(".keys >> text=эссе")
    await (await _update(bot, "callback_query")).callback_query.answer("Нельзя", show_alert=True)
    await expect(page.locator("#box")).to_have_text("НельзяOK")


async def test_no_markup_of_a_message_ever_runs(sandbox: Sandbox, bot: Bot, visit: Visit) -> None:
    guest = await _guest(sandbox, visit)
    nasty = "<img src=x onerror=document.title='hacked'><script>document.title='hacked'</script>"
    await visit.write(nasty)
    await expect(visit.page.locator(".mine .text").last).to_have_text(nasty)
    link = {"type": "text_link", "offset": 0, "length": 4, "url": "javascript:document.title='hacked'"}
    message = sandbox.deliver(sandbox.bot, sandbox.chats[guest.id], text="вход")
    message.to_json = lambda: {
        **type(message).to_json(message),
        "entities": [link],
    }  # worse than the Bot API lets be
    sandbox.changes.note()
    await visit.page.click(".message a >> text=вход")
    await bot.send_document(guest.id, b"<script>document.title='hacked'</script>", filename="<b>x</b>.html")
    await expect(visit.page.locator(".document b")).to_have_text("<b>x</b>.html")
    assert await visit.page.title() == "HyperBridge"
    assert await visit.page.locator("img").count() == 0


async def test_commands_are_offered_as_they_are_typed(sandbox: Sandbox, bot: Bot, visit: Visit) -> None:
    await bot.set_my_commands([("poem", "стих"), ("persona", "кто говорит"), ("help", "помощь")])
    guest = await _guest(sandbox, visit)
    await visit.page.fill("textarea", "/p")
    await expect(visit.page.locator(".suggest b")).to_have_text(["/poem", "/persona"])
    await visit.page.keyboard.press("ArrowDown")
    await visit.page.keyboard.press("Enter")
    await sandbox.wait_for(lambda: sandbox.history(guest)[-1].text == "/persona")
    await expect(visit.page.locator(".suggest")).to_be_hidden()
    await visit.page.click(".inline-act >> text=/persona")
    await sandbox.wait_for(lambda: [one.text for one in sandbox.history(guest)][1:] == ["/persona"] * 2)


async def test_inline_mode_between_two_people(sandbox: Sandbox, bot: Bot, visit: Visit) -> None:
    ann, boris = sandbox.add_person("Аня"), sandbox.add_person("Борис")
    talk = sandbox.add_talk(ann, boris)
    await visit.open(f"{boris.id}:{talk.id}")
    page = visit.page
    await page.fill("textarea", "@hyperbridge_bot снегволк")
    query = (await _update(bot, "inline_query")).inline_query
    assert (query.query, query.from_user.id) == ("снегволк", boris.id)
    forms = [("1", "Стих"), ("2", "Формула")]
    results = [
        InlineQueryResultArticle(number, form, InputTextMessageContent("…"), reply_markup=KEYS)
        for number, form in forms
    ]
    await query.answer(results, is_personal=True, cache_time=0)
    await expect(page.locator(".result b")).to_have_text(["Стих", "Формула"])
    await page.click(".result >> text=Формула")
    chosen = (await _update(bot, "chosen_inline_result")).chosen_inline_result
    assert chosen.result_id == "2"
    await expect(page.locator(".mine .aside")).to_have_text("через @hyperbridge_bot")
    await bot.edit_message_text("снег ∧ волк", inline_message_id=chosen.inline_message_id)
    await expect(page.locator(".mine .text")).to_have_text("снег ∧ волк")


async def test_two_people_and_a_group_at_once(
    sandbox: Sandbox, server: Server, bot: Bot, browser: Browser
) -> None:
    visit = await _visit(browser, server, WIDE)
    await _guest(sandbox, visit)
    page = visit.page
    await page.click("#add-person")
    await expect(page.locator(".pane")).to_have_count(2)
    guest, boris = sandbox.people.values()
    (group,) = [chat for chat in sandbox.chats.values() if chat.type == "group"]
    for pane in (0, 1):
        await page.locator(".pane").nth(pane).locator(".back").click()
        await page.locator(".pane").nth(pane).locator(".row >> text=Общая комната").click()
    await page.locator(".pane").nth(1).locator("textarea").fill("@hyperbridge_bot снегволк?")
    await page.locator(".pane").nth(1).locator(".send").click()
    message = (await _update(bot)).message
    assert (message.chat.id, message.from_user.id) == (group.id, boris.id)
    await bot.send_message(group.id, "вой", reply_parameters=ReplyParameters(message.message_id))
    await expect(page.locator(".pane").nth(0).locator(".author")).to_have_text(["Борис", "HyperBridge"])
    await expect(page.locator(".pane").nth(1).locator(".mine .text")).to_have_text(
        "@hyperbridge_bot снегволк?"
    )
    await page.click("#split")
    await expect(page.locator(".pane")).to_have_count(1)
    await bot.send_message(guest.id, "лично")
    await page.click(".person >> text=Гость")
    await expect(page.locator(".row", has_text="HyperBridge").locator(".unread")).to_be_visible()
    assert visit.errors == []
    await page.context.close()


async def test_replies_edits_forwards_and_deletions(sandbox: Sandbox, bot: Bot, visit: Visit) -> None:
    guest = await _guest(sandbox, visit)
    page = visit.page

    async def choose(bubble: str, act: str) -> None:
        await page.locator(".bubble", has_text=bubble).first.click(button="right")
        await page.click(f"#popup >> text={act}")

    await bot.send_message(guest.id, "вой")
    await choose("вой", "Ответить")
    await visit.write("чей?")
    update = await _update(bot)
    assert update.message.reply_to_message.text == "вой"
    await choose("чей?", "Изменить")
    await visit.write("чей это вой?")
    await expect(page.locator(".mine time").last).to_contain_text("изм.")
    assert (await _update(bot, "edited_message")).edited_message.text == "чей это вой?"
    await choose("вой", "Переслать")
    await page.click("#box >> text=HyperBridge")
    await expect(page.locator(".mine .aside")).to_have_text("Переслано от HyperBridge")
    await choose("чей это вой?", "Удалить")
    await expect(page.locator(".mine .text", has_text="чей")).to_have_count(0)


async def test_a_long_message_is_shown_from_its_beginning(sandbox: Sandbox, bot: Bot, visit: Visit) -> None:
    guest = await _guest(sandbox, visit)
    await bot.send_message(guest.id, "первая строка" + "\nещё строка" * 90)
    await expect(visit.page.locator(".text", has_text="первая")).to_be_in_viewport()
    await expect(visit.page.locator(".down")).to_be_visible()
    await visit.page.click(".down")
    await bot.send_message(guest.id, "конец")
    await expect(visit.page.locator(".text", has_text="конец")).to_be_in_viewport()


async def test_a_sample_scene_is_one_touch_away(sandbox: Sandbox, visit: Visit) -> None:
    await visit.open()
    await visit.page.click(".samples >> text=снегволк")
    (guest,) = sandbox.people.values()
    await sandbox.wait_for(lambda: [one.text for one in sandbox.history(guest)] == ["снегволк"])
    await expect(visit.page.locator(".start")).to_be_hidden()


async def test_keyboards_instead_of_letters(sandbox: Sandbox, bot: Bot, visit: Visit) -> None:
    guest = await _guest(sandbox, visit)
    await bot.send_message(guest.id, "?", reply_markup=ReplyKeyboardMarkup([["да", "нет"]]))
    await visit.page.click(".keyboard >> text=нет")
    await sandbox.wait_for(lambda: sandbox.history(guest)[-1].text == "нет")
    await bot.send_message(guest.id, "имя?", reply_markup=ForceReply(input_field_placeholder="как звать"))
    await expect(visit.page.locator(".keyboard")).to_be_hidden()
    await expect(visit.page.locator("textarea")).to_have_attribute("placeholder", "как звать")


async def test_photos_and_files_both_ways(sandbox: Sandbox, bot: Bot, visit: Visit, tmp_path: Path) -> None:
    guest = await _guest(sandbox, visit)
    page = visit.page
    picture = await page.screenshot()
    await bot.send_photo(guest.id, picture, caption="карта")
    await page.click(".photo")
    await expect(page.locator("#viewer img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#viewer")).to_be_hidden()
    await bot.send_document(guest.id, b'{"source": "x"}', filename="архив.jsonl")
    async with page.expect_download() as download:
        await page.click(".document")
    assert (await download.value).suggested_filename == "архив.jsonl"
    given = tmp_path / "own.jsonl"
    given.write_text('{"source": "снегволк"}', encoding="utf-8")
    await page.set_input_files("input[type=file]", given)
    assert (await _update(bot)).message.document.file_name == "own.jsonl"


async def test_trouble_from_the_panel(sandbox: Sandbox, visit: Visit) -> None:
    await _guest(sandbox, visit)
    await visit.page.click("#trouble")
    await visit.page.click("text=Шторм")
    await sandbox.wait_for(lambda: sandbox.faults.rates.lost > 0.1)
    await expect(visit.page.locator("#trouble")).to_have_class("tool on")
    sandbox.faults.fail_next("getMe", Fault.LOST)
    sandbox.faults.of_request("getme")
    sandbox.changes.note()
    await expect(visit.page.locator("#faults small", has_text="×1")).to_be_visible()
    await visit.page.click("text=Спокойно")
    await sandbox.wait_for(lambda: sandbox.faults.rates.lost == 0)


async def test_both_languages_both_lights_and_no_sideways_scrolling(
    sandbox: Sandbox, server: Server, bot: Bot, browser: Browser
) -> None:
    back = set()
    for scheme, locale in (("dark", "en-GB"), ("light", "de-DE")):
        visit = await _visit(browser, server, PHONE, locale=locale, color_scheme=scheme)
        await visit.open()
        page = visit.page
        (guest,) = sandbox.people.values()
        await expect(page.locator("textarea")).to_have_attribute("placeholder", "Message")
        if scheme == "dark":
            await sandbox.say(guest, "пепелвспышка" * 40)
            rows = [
                [InlineKeyboardButton(f"кнопка {row}{place}", callback_data="1") for place in range(8)]
                for row in "абв"
            ]
            await bot.send_message(
                guest.id, "https://example.org/" + "a" * 300, reply_markup=InlineKeyboardMarkup(rows)
            )
        await expect(page.locator(".keys button")).to_have_count(24)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await page.evaluate(
            "[...document.querySelectorAll('.scroller')].every((one) => one.scrollWidth <= one.clientWidth)"
        )
        back.add(await page.evaluate("getComputedStyle(document.querySelector('.pane')).backgroundColor"))
        await page.click("#theme")
        back.add(await page.evaluate("getComputedStyle(document.querySelector('.pane')).backgroundColor"))
        await page.context.close()
    assert len(back) == 2
    visit = await _visit(browser, server, PHONE)
    await visit.open()
    await visit.page.click("text=Рус")
    await expect(visit.page.locator("textarea")).to_have_attribute("placeholder", "Сообщение")
    assert guest.language_code == "ru"
    keys = await visit.page.evaluate(
        """async () => {
            const { WORDS } = await import("/page/words.js");
            const keys = (one) => Object.entries(one).flatMap(([key, value]) =>
                value.constructor === Object ? keys(value).map((inner) => `${key}.${inner}`) : key);
            return Object.values(WORDS).map(keys);
        }"""
    )
    assert keys[0] == keys[1]
    await visit.page.context.close()


async def test_it_comes_back_when_the_sandbox_does(
    sandbox: Sandbox, server: Server, browser: Browser
) -> None:
    visit = await _visit(browser, server, PHONE)
    await visit.open()
    await server.stop()
    await expect(visit.page.locator(".status").last).to_have_text("нет связи с песочницей")
    again = Sandbox()
    server = await serve(again, port=int(server.url.rsplit(":", 1)[1]))
    await asyncio.wait_for(again.wait_for(lambda: again.people), 10)
    await expect(visit.page.locator(".status").last).to_have_text("бот")
    await visit.page.context.close()
    await server.stop()
