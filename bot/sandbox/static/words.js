// What the page itself says; what the bot says comes from the bot.

export const WORDS = {
  ru: {
    locale: "ru", bot: "бот", offline: "нет связи с песочницей", write: "Сообщение", send: "Отправить", commands: "Команды",
    attach: "Прикрепить файл", back: "К чатам", more: "Ещё", down: "К последнему", close: "Закрыть", cancel: "Отмена",
    thinking: "Думает…", edited: "изм.", via: "через", start: "НАЧАТЬ", chats: "Чаты", today: "Сегодня", yesterday: "Вчера",
    emptyBot: "Напишите сцену: слитое слово или эмодзи. Например, снегволк.",
    emptyGroup: (bot) => `Бот слышит всех и откликается на @${bot}, на команды и на ответы ему.`,
    emptyTalk: (bot) => `Бота здесь нет. Наберите «@${bot} снегволк», чтобы вставить текст от него.`,
    silent: "Бот не ответил на нажатие.", noResults: "Ничего не нашлось", asking: "Спрашиваю бота…", tooSlow: "Бот не ответил вовремя.",
    reply: "Ответить", edit: "Изменить", copy: "Копировать", forward: "Переслать", remove: "Удалить", copied: "Скопировано",
    editing: "Изменение", replyTo: "Ответ:", forwarded: "Переслано от", forwardTo: "Куда переслать?", file: "файл", photo: "Фото", save: "Сохранить",
    addPerson: "Ещё один человек", split: "Рядом", single: "По одному", theme: "Светлая или тёмная", language: "Язык",
    newGroup: "Новая группа", groupTitle: "Название группы", withTopics: "С темами", topicName: "Название темы", newTopic: "Новая тема", all: "Все", create: "Создать",
    common: "Общая комната", members: "группа, все здесь", forum: "группа с темами", talk: "переписка без бота", guest: "Гость",
    block: "Заблокировать бота", unblock: "Разблокировать бота", kick: "Убрать бота из группы", blocked: "Бот заблокирован", botGone: "Бота здесь больше нет",
    joined: (name) => `${name} теперь здесь`, topicOpened: (name) => `Открыта тема «${name}»`, movedTo: "Группа стала супергруппой", service: "Служебное сообщение",
    actions: { typing: "печатает…", upload_photo: "отправляет фото…", upload_document: "отправляет файл…" }, busy: "занят…",
    faults: {
      title: "Неполадки Telegram", about: "Пусть Telegram подводит нарочно: бот должен выдержать.", happened: "раз",
      too_many: "429: слишком часто", broken: "500: сломалось у Telegram", timed_out: "Тишина вместо ответа",
      lost: "Сделано, но ответ пропал", duplicated: "Сообщение пришло боту дважды", retry_after: "429 просит ждать, с",
      calm: "Спокойно", rough: "Качает", storm: "Шторм",
    },
    names: ["Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна"],
  },
  en: {
    locale: "en-GB", bot: "bot", offline: "the sandbox is out of reach", write: "Message", send: "Send", commands: "Commands",
    attach: "Attach a file", back: "To the chats", more: "More", down: "To the latest", close: "Close", cancel: "Cancel",
    thinking: "Thinking…", edited: "edited", via: "via", start: "START", chats: "Chats", today: "Today", yesterday: "Yesterday",
    emptyBot: "Write a scene: a fused word or emoji. For example, snowwolf.",
    emptyGroup: (bot) => `The bot hears everybody and answers @${bot}, commands, and replies to it.`,
    emptyTalk: (bot) => `The bot isn't here. Type “@${bot} snowwolf” to put in a text of its making.`,
    silent: "The bot did not answer the press.", noResults: "Nothing found", asking: "Asking the bot…", tooSlow: "The bot did not answer in time.",
    reply: "Reply", edit: "Edit", copy: "Copy", forward: "Forward", remove: "Delete", copied: "Copied",
    editing: "Edit", replyTo: "Reply:", forwarded: "Forwarded from", forwardTo: "Forward to", file: "file", photo: "Photo", save: "Save",
    addPerson: "One more person", split: "Side by side", single: "One at a time", theme: "Light or dark", language: "Language",
    newGroup: "New group", groupTitle: "The group's name", withTopics: "With topics", topicName: "The topic's name", newTopic: "New topic", all: "All", create: "Create",
    common: "Common room", members: "group, everybody is here", forum: "group with topics", talk: "private, without the bot", guest: "Guest",
    block: "Block the bot", unblock: "Unblock the bot", kick: "Remove the bot", blocked: "The bot is blocked", botGone: "The bot is no longer here",
    joined: (name) => `${name} is here now`, topicOpened: (name) => `Topic “${name}” opened`, movedTo: "The group became a supergroup", service: "Service message",
    actions: { typing: "typing…", upload_photo: "sending a photo…", upload_document: "sending a file…" }, busy: "busy…",
    faults: {
      title: "Trouble with Telegram", about: "Let Telegram fail on purpose: the bot should bear it.", happened: "times",
      too_many: "429: too many requests", broken: "500: broken at Telegram", timed_out: "Silence instead of an answer",
      lost: "Done, but the answer got lost", duplicated: "A message reaches the bot twice", retry_after: "429 asks to wait, s",
      calm: "Calm", rough: "Rough", storm: "Storm",
    },
    names: ["Ben", "Clara", "David", "Ella", "Finn", "Grace"],
  },
};

export const wordsOf = (person) => WORDS[person?.language_code] || WORDS.en;
