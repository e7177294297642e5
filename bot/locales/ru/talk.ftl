# Разговор кнопками: меню, встроенный режим, группы.

command-read = вернуть текст к сцене
command-form = обычная форма
command-lang = мой язык здесь
command-settings = что здесь настроено
command-stats = ваш архив в числах

button-again = 🔁 Ещё
button-similar = 🔍 Близкие
button-noise = 📊 Шум
button-mark = 📌 Метка
button-copy = 📋 Скопировать
button-voice = ✨ Озвучить
button-auto = Сама собой
button-lang-auto = Как в Telegram
button-nobody = Никто
button-back = ‹ Настройки
button-close = Закрыть
button-set-form = Форма
button-set-persona = Голос
button-set-lang = Язык
button-set-mark = Метка
button-mark-visible = 🜂 · Δ
button-mark-short = Δ
button-mark-woven = Вплетена

settings-here = Настройки этого чата:
set-admins-only = В группе это меняют только её администраторы.
form-is = Сцены, где форма не названа, звучат в форме «{ $form }».
form-is-auto = Форма выбирается для каждой сцены сама.
why-usual = Форма — { $form }: она задана для этого чата (/form).
lang-is = Мой язык здесь: { $lang }.
lang-is-auto = Я говорю на языке Telegram каждого собеседника.
lang-ru = Русский
lang-en = English
lang-unknown = Я не говорю на языке «{ $name }»: есть { $known }.
read-needs-text = Ответьте на текст командой /read или напишите его после команды, и я назову его сцену.

inline-how = Наберите сцену: снегволк, ashflash, ⚡🌫🫁
inline-no-scene = Это не сцена. Как её написать?
inline-private = Это закрытый бот.
inline-not-yours = Эти кнопки — только для того, кто отправил сцену.

stats-nothing = Здесь ещё ничего нет: пришлите сцену.
stats-scenes =
    { $count ->
        [one] { $count } сцена
        [few] { $count } сцены
       *[other] { $count } сцен
    } с { $since }
stats-texts =
    { $count ->
        [one] { $count } текст
        [few] { $count } текста
       *[other] { $count } текстов
    }
stats-words =
    { $count ->
        [one] { $count } слово
        [few] { $count } слова
       *[other] { $count } слов
    } в них
stats-dialogues =
    { $count ->
        [one] { $count } диалог
        [few] { $count } диалога
       *[other] { $count } диалогов
    }
stats-own-words =
    { $count ->
        [one] { $count } своё слово
        [few] { $count } своих слова
       *[other] { $count } своих слов
    }
stats-time =
    писались { $hours ->
        [0] {""}
       *[other] { $hours } ч{" "}
    }{ $minutes } мин { $seconds } с
