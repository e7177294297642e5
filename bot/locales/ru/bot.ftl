# Что говорят бот и командная строка.

start =
    Пришлите сцену: слитное слово, например пепелвспышкажизньтишина, или эмодзи, например ⚡🌫🫁.

    Я разожму её в текст и поставлю под ним метку. Пришлите любой текст с меткой обратно, и я назову его сцену.

    Формы: /poem /narrative /essay /formula /metaphor /logic /emoji /silence
    Всё остальное: /help
help =
    Сцена — это цепочка слов или эмодзи, слитно или раздельно: снегволк, seasaltmemory, ⚡🌫🫁, пепел⚡жизнь.

    • Просто пришлите её, и я выберу форму.
    • Назовите форму: «/poem снегволк», «напиши стих про снегволк», «снегволк в виде эмодзи» — или нажмите кнопку под ответом.
    • /why — почему у текста такая форма (можно ответом на него).
    • /settings — форма, голос, язык и метка этого чата; /cancel — остановить то, о чём вы просили; /stats — ваш архив в числах.
    • /teach снежнобог — научить меня вашему слову; /unteach — разучить.
    • /scene SCN-1 эссе — заново озвучить сохранённую сцену.
    • /dialogue SCN-1 SCN-2 — диалог двух сцен.
    • /recall снег волк — найти сцены по словам, эмодзи, смыслу или коду.
    • /similar SCN-1 — похожие сцены, /zone — их зоны, /compare SCN-1 SCN-2 — сравнить две, /map — карта.
    • /versions SCN-1 — все тексты сцены.
    • /noise SCN-1 поэма измеряет, что квантование делает с текстом (и ответом на текст; уровни можно назвать: Q8_0 Q2_K); /noise покажет прежние, /sigma SCN-1 — что услышали уровни.
    • /share SCN-1 — ссылка, по которой сцену скопируют другие; /shares, /unshare.
    • /forget SCN-1 — стереть сцену навсегда; /export пришлёт всё, а .jsonl из него я приму обратно.
    • Пришлите текст с меткой (🜂 … · Δ SCN-1), и я приведу его к сцене; или ответьте на любой текст командой /read.
    • Наберите имя бота и сцену в любом чате, и текст появится там.

    После 🜂 стоит сама сцена, сплавленная в одно слово; после Δ — её место в архиве.
form-needs-scene = Напишите сцену после команды, например: /{ $form } снегволк — или ответьте командой /{ $form } на один из моих текстов.
scene-needs-code = Напишите код сцены и, если хотите, форму, например: /scene SCN-1 эссе.
why-nothing = Я не нахожу у себя такого текста: ответьте командой /why на один из моих или пришлите сцену.
why-unknown = Форма — { $form }; причины при этом тексте нет.
why-named = Форма — { $form }: вы назвали её («{ $wording }»).
why-button = Форма — { $form }: вы нажали её кнопку.
why-persona =
    Форма — { $form }: так { $count ->
        [1] говорит
       *[other] говорят
    } { $persona }.
why-mood = Форма — { $form }: вы просили её для двух последних сцен.
why-drone = Форма — { $form }: для двух последних сцен я сам выбрал форму «{ $repeated }», пора её сменить.
why-kind = Форма — { $form }: её зовёт сама сцена.
why-scene =
    Сцена { $kind ->
        [bodily] телесная
        [logical] логическая
       *[archetypal] архетипическая
    } ({ $words })
why-scene-undecided = Сцена архетипическая: ни тело, ни логика в ней не перевешивают
why-voice =
    { $count ->
        [1] говорит
       *[other] говорят
    } { $persona }
why-others = подошли бы и { $forms }
persona-on =
    Здесь { $count ->
        [1] говорит { $title }
       *[other] одним голосом говорят { $title }
    }.
persona-off = Персоны нет: говорит сама форма.
own-word-taught = Запомнил «{ $word }»: { $scene } теперь читается { $atoms }.
own-word-known = «{ $word }» уже среди ваших слов: { $scene } читается { $atoms }.
own-word-untaught = Разучил «{ $word }»: { $scene } теперь читается { $atoms }.
own-word-unknown = Слова «{ $word }» среди ваших нет.
own-words = Ваши слова ({ $count }): { $words }.
own-words-none = Своих слов пока нет. Научите меня, например: /teach снежнобог.
own-words-too-many = Остальные слова пришлите отдельно: за раз я учу не больше { $limit }.
export-done = Строк записано в { $path }: { $count }.
export-failed = В { $path } не удалось записать ({ $reason }): выберите другой файл ключом --out.
import-line = строка { $number } не принята: { $reason }
import-done = Принято новых сцен: { $scenes }, текстов: { $renderings }, слов: { $words }.
forgotten = { $code } забыта.
unteach-needs-word = Напишите слово после команды, например: /unteach снежнобог.
recall-needs-query = Напишите, что искать, после команды, например: /recall снег волк.
recall-nothing = В архиве пока ничто не отзывается на «{ $query }».
recall-found =
    { $count ->
        [one] { $count } сцена:
        [few] { $count } сцены:
       *[other] { $count } сцен:
    }
recall-line = { $code } · { $mnemonic } · { $score } %
read-found = Этот текст вышел из сцены
read-atoms = Атомы: { $atoms }
read-by-text = Найдено по словам, уверенность { $score } %.
read-by-resonance = Найдено по резонансу, уверенность { $score } %.
private = Этот бот закрыт. Ваш номер — { $id }: попросите владельца добавить его в HYPERBRIDGE_ALLOWED_USERS.
busy-loading = Модель загружается, одну минуту.
button-old = Эта кнопка устарела: пришлите сцену ещё раз.
not-text = Я читаю только текст и эмодзи: пришлите сцену словом или эмодзи.
internal-error-chat = Что-то сломалось, пока я над этим работал. Ничего вашего не потеряно, попробуйте ещё раз.
internal-error = Случилось непредвиденное ({ $reason }); подробности в файле { $log }.

command-help = что я умею
command-recall = найти сохранённые сцены
command-scene = озвучить сцену заново
command-persona = кто говорит
command-why = почему такая форма
command-teach = научить своему слову
command-unteach = разучить слово
command-narrative = рассказом
command-essay = эссе
command-formula = формулой
command-poem = стихами
command-silence = почти молчанием
command-emoji = эмодзи
command-metaphor = физической метафорой
command-logic = логическим выводом
button-narrative = Рассказ
button-essay = Эссе
button-formula = Формула
button-poem = Поэма
button-silence = Тишина
button-emoji = Эмодзи
button-metaphor = Физика
button-logic = Логика

bot-no-token = Токен Telegram не задан: получите его у @BotFather и запишите TELEGRAM_BOT_TOKEN=… в .env — или попробуйте бота без токена: «hyperbridge sandbox».
bot-bad-token = Telegram не принимает токен: скопируйте его у @BotFather в TELEGRAM_BOT_TOKEN ещё раз.
bot-unreachable = { $url } недоступен ({ $reason }): проверьте сеть или TELEGRAM_API_URL.
bot-running = @{ $name } слушает. Остановить: Ctrl-C.
sandbox-running = Бот на этой странице: { $url } — остановить: Ctrl-C.
sandbox-port-taken = Порт { $port } занят другой программой: выберите другой через --port.
settings-wrong = Настройку { $name } нельзя использовать: { $reason }.
persona-unknown = Персоны «{ $name }» нет, есть { $known }.
form-unknown = Формы «{ $name }» нет, есть { $known }.

doctor-cpu-slow = У процессора нет AVX2: всё работает, но медленно; возьмите лёгкую модель (HYPERBRIDGE_MODEL=gemma-3-270m).
doctor-amx = llama.cpp собрана с ядрами AMX, которые падают; HyperBridge их выключает. «make clean setup» соберёт её без них.
doctor-no-compiler = Нет компилятора C++: он нужен, только чтобы собрать llama.cpp заново (Debian, Ubuntu: apt install g++).
doctor-no-model = Модели { $model } на этой машине нет: скачайте её командой «hyperbridge models pull { $model }».
doctor-free = свободно { $free } ГБ
doctor-free-of-need = свободно { $free } ГБ, нужно { $need } ГБ
doctor-little-memory = Закройте другие программы или выберите модель поменьше (HYPERBRIDGE_MODEL=gemma-3-270m).
doctor-little-disk = Освободите место на { $path } или выберите другое (HYPERBRIDGE_CACHE для моделей, HYPERBRIDGE_DB для архива).
doctor-archive-new = { $path } (будет создан)
doctor-archive = { $path }, ваших сцен: { $count }
doctor-nobody-allowed = Ботом пока никто не может пользоваться: запишите свой номер в Telegram (бот его назовёт) в HYPERBRIDGE_ALLOWED_USERS или * для всех.
