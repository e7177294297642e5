"""Groups, inline mode and what people do besides typing, as the real python-telegram-bot sees them."""

import asyncio

import pytest
from telegram import (
    Bot,
    BotCommandScopeChatMember,
    ChatMemberAdministrator,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultCachedDocument,
    InlineQueryResultsButton,
    InputTextMessageContent,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.sandbox import Sandbox
from bot.sandbox.errors import BadRequest as Refused
from bot.sandbox.objects import InlineAnswer, User

KEY = InlineKeyboardMarkup([[InlineKeyboardButton("Ещё", callback_data="again")]])


async def last(bot: Bot) -> Update:
    return (await bot.get_updates(offset=-1, timeout=5))[0]


def article(
    result_id: str, text: str, keyboard: InlineKeyboardMarkup | None = None
) -> InlineQueryResultArticle:
    content = InputTextMessageContent(text, parse_mode=ParseMode.HTML)
    return InlineQueryResultArticle(result_id, "Стих", content, reply_markup=keyboard, description="о снеге")


# Groups


async def test_a_groups_messages_reach_the_bot(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    boris = sandbox.add_person("Борис")
    group = sandbox.add_group("Стая", [ann])
    joined = (await last(bot)).my_chat_member
    assert (joined.chat.id, joined.new_chat_member.status) == (group.id, "member")
    await sandbox.say(ann, "снег @hyperbridge_bot #лес https://example.org/a.", chat=group)
    message = (await last(bot)).message
    assert (message.chat.type, message.from_user.first_name) == ("group", "Аня")
    found = {entity.type: text for entity, text in message.parse_entities().items()}
    assert found == {"mention": "@hyperbridge_bot", "hashtag": "#лес", "url": "https://example.org/a"}
    with pytest.raises(Refused):
        await sandbox.say(boris, "и я", chat=group)
    sandbox.members[group.id].add(boris.id)
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(boris.id, "привет")


async def test_privacy_mode_hides_what_is_not_meant_for_the_bot(
    sandbox: Sandbox, bot: Bot, ann: User
) -> None:
    sandbox.privacy = True
    assert not (await bot.get_me()).can_read_all_group_messages
    group = sandbox.add_group("Стая")
    sent = await bot.send_message(group.id, "вой")
    texts = ["снег", "@hyperbridge_bot2 снег", "/poem@other_bot", "/poem", "@HyperBridge_bot снег"]
    for text in texts:
        await sandbox.say(ann, text, chat=group)
    await sandbox.say(ann, "ответ", chat=group, reply_to=sandbox.message(group, sent.message_id))
    heard = [one.message.text for one in await bot.get_updates() if one.message]
    assert heard == ["/start", "/poem", "@HyperBridge_bot снег", "ответ"]


async def test_members_and_deleting_in_a_group(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    group = sandbox.add_group("Стая")
    said = await sandbox.say(ann, "снег", chat=group)
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(group.id, said.message_id)
    assert (await bot.get_chat_member(group.id, ann.id)).status == "member"
    sandbox.administrators[group.id] = {sandbox.bot.id, ann.id}
    admins = await bot.get_chat_administrators(group.id)
    assert all(isinstance(one, ChatMemberAdministrator) for one in admins)
    assert await bot.delete_messages(group.id, [said.message_id, 12345])
    assert sandbox.history(group) == []
    assert await bot.get_chat_member_count(group.id) == 2
    await bot.leave_chat(group.id)
    with pytest.raises(Forbidden, match="not a member"):
        await bot.send_message(group.id, "я ушёл")


async def test_a_forum_gets_topics(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    forum = sandbox.add_group("Лес", forum=True)
    with pytest.raises(BadRequest, match=r"(?i)not enough rights"):
        await bot.create_forum_topic(forum.id, "Сны")
    sandbox.administrators[forum.id] = {sandbox.bot.id}
    topic = await bot.create_forum_topic(forum.id, "Сны")
    await bot.send_message(forum.id, "тише", message_thread_id=topic.message_thread_id)
    assert [one.message_thread_id for one in sandbox.history(forum)] == [topic.message_thread_id] * 2


async def test_a_group_becomes_a_supergroup(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    group = sandbox.add_group("Стая")
    big = sandbox.upgrade(ann, group)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "вой")
    assert moved.value.new_chat_id == big.id
    assert (await bot.send_message(big.id, "вой")).chat.type == "supergroup"


# What people do


async def test_blocked_and_kicked(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sandbox.block(ann)
    assert (await last(bot)).my_chat_member.new_chat_member.status == "kicked"
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ann.id, "эй")
    assert (await bot.get_chat(ann.id)).first_name == "Аня"
    await sandbox.say(ann, "я вернулась")
    await bot.send_message(ann.id, "эй")
    group = sandbox.add_group("Стая")
    sandbox.kick_bot(ann, group)
    await sandbox.say(ann, "без бота", chat=group)
    assert (await last(bot)).message is None
    with pytest.raises(Forbidden, match="kicked from the group chat"):
        await bot.send_message(group.id, "эй")


async def test_edits_forwards_and_captions_of_people(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    said = await sandbox.say(ann, "снег")
    await sandbox.edit(ann, said, "снегволк")
    edited = (await last(bot)).edited_message
    assert (edited.text, edited.message_id) == ("снегволк", said.message_id)
    assert edited.edit_date is not None
    sent = await bot.send_message(ann.id, "вой")
    with pytest.raises(Refused):
        await sandbox.edit(ann, sandbox.message(said.chat, sent.message_id), "мой вой")
    await sandbox.forward(ann, sandbox.history(ann)[-1])
    forwarded = (await last(bot)).message
    assert (forwarded.text, forwarded.forward_origin.sender_user.id) == ("вой", sandbox.bot.id)
    document = await sandbox.send_document(ann, b"x", "a.txt", caption="/poem снег")
    assert (await last(bot)).message.parse_caption_entities() != {}
    await sandbox.edit(ann, document, "снегволк")
    assert (await last(bot)).edited_message.caption == "снегволк"


async def test_the_bot_forwards_and_copies(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    said = await sandbox.say(ann, "снег")
    forwarded = await bot.forward_message(ann.id, ann.id, said.message_id)
    assert forwarded.forward_origin.sender_user.id == ann.id
    await bot.copy_message(ann.id, ann.id, said.message_id, reply_markup=KEY)
    assert sandbox.history(ann)[-1].buttons() != []
    with pytest.raises(BadRequest, match="Message to copy not found"):
        await bot.copy_message(ann.id, ann.id, 12345)


async def test_reply_keyboards(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    await bot.send_message(ann.id, "?", reply_markup=ReplyKeyboardMarkup([["да", "нет"]]))
    assert sandbox.keyboards[ann.id]["keyboard"] == [[{"text": "да"}, {"text": "нет"}]]
    await bot.send_message(ann.id, "!", reply_markup=ReplyKeyboardRemove())
    assert ann.id not in sandbox.keyboards
    await bot.send_message(ann.id, "имя?", reply_markup=ForceReply())
    assert sandbox.keyboards[ann.id]["force_reply"]
    await bot.send_message(ann.id, "ладно")
    assert ann.id not in sandbox.keyboards


async def test_scopes_of_commands_are_checked(bot: Bot, ann: User) -> None:
    await bot.set_my_commands([("why", "почему")], scope=BotCommandScopeChatMember(ann.id, ann.id))
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.set_my_commands([("why", "почему")], scope=BotCommandScopeChatMember(999, ann.id))
    with pytest.raises(BadRequest, match=r"(?i)language code"):
        await bot.set_my_commands([("why", "почему")], language_code="russian")
    await bot.set_my_name("Мост", language_code="ru")
    assert (await bot.get_my_name("ru")).name == "Мост"
    assert (await bot.get_my_name()).name == "HyperBridge"


# Inline mode


async def asked(
    sandbox: Sandbox, bot: Bot, person: User, query: str, *results: object, **more: object
) -> InlineAnswer:
    asking = asyncio.create_task(sandbox.ask_inline(person, query))
    await asyncio.sleep(0)
    await (await last(bot)).inline_query.answer(list(results), **more)
    return await asking


async def test_inline_mode(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    assert (await bot.get_me()).supports_inline_queries
    boris = sandbox.add_person("Борис")
    talk = sandbox.add_talk(ann, boris)
    asking = asyncio.create_task(sandbox.ask_inline(ann, "снегволк", chat=talk))
    await asyncio.sleep(0)
    query = (await last(bot)).inline_query
    assert (query.query, query.chat_type, query.from_user.id) == ("снегволк", "private", ann.id)
    await query.answer([article("1", "<i>…</i>", KEY), article("2", "вой")], cache_time=0)
    answer = await asking
    assert [one.description for one in answer.results] == ["о снеге"] * 2

    plain = await sandbox.choose_inline(ann, answer, "2", talk)
    assert (await last(bot)).chosen_inline_result.inline_message_id is None
    assert (plain.via_bot, plain.text) == (sandbox.bot, "вой")
    chosen = await sandbox.choose_inline(ann, answer, "1", talk)
    result = (await last(bot)).chosen_inline_result
    assert (result.result_id, result.query) == ("1", "снегволк")
    assert (
        await bot.edit_message_text("вой", inline_message_id=result.inline_message_id, reply_markup=KEY)
        is True
    )
    assert (chosen.text, chosen.from_user) == ("вой", ann)

    pressing = asyncio.create_task(sandbox.press(boris, chosen.message_id, "again", chat=talk))
    await asyncio.sleep(0)
    pressed = (await last(bot)).callback_query
    assert (pressed.message, pressed.inline_message_id) == (None, result.inline_message_id)
    await pressed.answer()
    await pressing
    with pytest.raises(BadRequest, match=r"(?i)MESSAGE_ID_INVALID"):
        await bot.edit_message_text("вой", inline_message_id="other")


async def test_inline_answers_are_cached_as_they_ask(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    boris = sandbox.add_person("Борис")
    own = await asked(sandbox, bot, ann, "моё", article("1", "Аня"), is_personal=True)
    assert await sandbox.ask_inline(ann, "моё") is own
    with pytest.raises(TimeoutError):
        await sandbox.ask_inline(boris, "моё", within=0.05)
    shared = await asked(sandbox, bot, ann, "общее", article("1", "все"))
    assert await sandbox.ask_inline(boris, "общее") is shared


async def test_inline_results_are_checked(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sent = await bot.send_document(ann.id, b"x", filename="a.txt")
    document = InlineQueryResultCachedDocument("d", "файл", sent.document.file_id, caption="вот")
    button = InlineQueryResultsButton("В чат", start_parameter="go")
    answer = await asked(sandbox, bot, ann, "", document, next_offset="2", button=button)
    assert (answer.next_offset, answer.button["text"]) == ("2", "В чат")
    message = await sandbox.choose_inline(ann, answer, "d")
    assert (message.document.file_name, message.text) == ("a.txt", "вот")
    heard = [one for one in await bot.get_updates() if one.message]
    assert (
        heard[-1].message.via_bot.id == sandbox.bot.id
    )  # the private chat with the bot hears it as a message
    for wrong, error in (
        ([article("1", "a"), article("1", "b")], "RESULT_ID_DUPLICATE"),
        ([article("x" * 65, "a")], "RESULT_ID_INVALID"),
        ([article("1", " ")], "Text must be non-empty"),
        ([article(str(number), "a") for number in range(51)], "too many inline query results"),
    ):
        with pytest.raises((BadRequest, ValueError), match=rf"(?i){error}"):
            await bot.answer_inline_query("1", wrong)
    sandbox.inline = False
    with pytest.raises(Refused, match="BOT_INLINE_DISABLED"):
        await sandbox.ask_inline(ann, "снег")
