# Шум: что делает точность с одной и той же мыслью.

noise-picture-head = { $model } · эталон { $reference } · { $count ->
        [one] { $count } токен
        [few] { $count } токена
       *[other] { $count } токенов
    }
noise-picture-more = … и ещё { $count ->
        [one] { $count } токен
        [few] { $count } токена
       *[other] { $count } токенов
    }
noise-picture-scale = KLD токена: чем темнее, тем дальше
noise-picture-dot = первым стоит другой токен
noise-picture-bar = отсюда уровень пишет иначе
noise-picture-figures = Число над словом: KLD на худшем уровне, в натах.
noise-picture-bits = бит на вес
noise-picture-curve = Средняя KLD и биты на вес: чего стоит каждый бит

command-noise = что квантование делает с текстом
command-sigma = что уровни услышали в шуме

noise-needs-scene = Напишите сцену или код после команды, например: /noise SCN-1 поэма — или ответьте командой /noise на один из моих текстов. Здесь ещё ничего не измерено.
noise-unreadable = Это измерение не читается: измерьте заново командой /noise.
noise-unknown = Здесь нет измерения № { $number }: список покажет /noise.
noise-server = Модель работает на сервере ({ $url }), и её весов здесь нет: измерить можно только модель в файле GGUF.
noise-corpus-unreadable = { $path } не читается ({ $reason }): нужен текст в UTF-8.
noise-no-levels = Назовите хотя бы один уровень, например: --levels Q8_0,Q4_K_M.
noise-corpus = Измерено: { $count ->
        [one] { $count } токен
        [few] { $count } токена
       *[other] { $count } токенов
    } (вторые половины окон, окон { $windows } по { $context }); перплексия эталона { $perplexity }.
noise-text-or-corpus = Дайте или сцену, или --corpus ФАЙЛ.
measuring-already = Здесь уже идёт измерение: дождитесь его или отмените.
measuring-cancelled = Измерение отменено.

measuring-stop = Отменить
noise-button-reference = эталон { $level }
measuring-stopping = Останавливаю…
measuring-over = Это измерение уже не идёт.

measuring-waits = { $heading }
    Впереди { $before ->
        [one] { $before } измерение
        [few] { $before } измерения
       *[other] { $before } измерений
    }: подожду.
measuring-begins = { $heading }
    Готовлю модель…
measuring-progress = { $heading }
    { $what }
    { $bar } { $percent } %

measuring-read = { $level }: читаю текст эталона
measuring-write = { $level }: пишу
measuring-listen = { $level }: слушаю
measuring-build = { $level }: строю уровень, первый раз
measuring-hash = проверяю файл ({ $megabytes } МБ)
measuring-lock = жду: модель строит другой процесс

noise-heading = { $code } { $mnemonic } — { $form }{ $persona }
noise-column-level = уровень
noise-column-bits = бит
noise-column-kld = KLD
noise-column-top = топ%
noise-column-parts = ≠
noise-column-resonance = рез
noise-columns = KLD — как далеко вероятности токенов от эталона (наты, среднее); топ% — где первым стоит тот же токен; ≠ — с какого токена уровень сам пишет иначе (= — ни с какого); рез — как его текст отзывается сцене, %.
noise-all-same = Все уровни написали один и тот же текст, слово в слово.
noise-some-same = Слово в слово с эталоном пишут: { $levels }.
noise-none-same = Ни один уровень не написал того же текста.
noise-worst = { $changed ->
        [0] Дальше всех { $level }, но и у него первым везде стоит тот же токен.
        [few] Дальше всех { $level }: он поставил бы первым другой токен { $changed } раза из { $count }.
       *[other] Дальше всех { $level }: он поставил бы первым другой токен { $changed } раз из { $count }.
    }
noise-reference = Эталон — { $reference }: веса файла модели ({ $source }), развёрнутые без потерь.
noise-reference-real = Эталон — { $reference }: сам файл модели, он не квантован.
noise-source-level = { $source } — это сам файл модели: в нём те же веса, что в эталоне, иначе округляется только арифметика.
noise-deterministic = Эталон, дважды прочитав свой текст, дал те же биты: шум не случаен.
noise-not-deterministic = Эталон, дважды прочитав свой текст, дал разные биты: часть шума — случай этой машины.
noise-control = Гауссов шум той же силы, что у { $level } ({ $seeds ->
        [one] { $seeds } раз
        [few] { $seeds } раза
       *[other] { $seeds } раз
    }): KLD { $kld } (95 %: { $low }–{ $high }). У самого уровня { $mean } — { $verdict ->
        [within] от случая не отличить
        [less] меньше, чем от случая
       *[more] больше, чем от случая
    }.
noise-footing = № { $number } · { $model } · зерно { $seed } · { $seconds } с · { $date }
noise-level-head = { $level } · { $bits } бит на вес
noise-level-same = — слово в слово как эталон.
noise-level-ends = (здесь он кончил)
noise-reference-head = Эталон { $reference }
noise-caption = { $heading }: под каждым словом — насколько уровень далёк от эталона; внизу — чего стоит каждый бит.
noise-listed = { $count ->
        [one] Последнее измерение:
       *[other] Последние измерения ({ $count }):
    }
noise-listed-line = № { $number } · { $heading } · { $model } · зерно { $seed } · { $level } { $kld }
noise-listed-how = Ещё раз посмотреть: /noise 1 (номер). Сравнить два: /noise 1 2. Новое: /noise SCN-1 поэма.
noise-compared = Два измерения рядом
noise-compared-line = № { $number } · { $heading } · { $model } · зерно { $seed } · { $count ->
        [one] { $count } токен
        [few] { $count } токена
       *[other] { $count } токенов
    }
noise-compared-nothing = Общих уровней у них нет.
noise-compared-verdict = № { $number } шумит сильнее на { $more ->
        [one] { $more } уровне
       *[other] { $more } уровнях
    } из { $count }.
noise-compared-same-text = Эталон написал один и тот же текст.
noise-compared-other-text = Тексты эталона разные: сравнивать можно то, как шум действует, но не слово со словом.

sigma-needs-scene = Напишите сцену или код после команды, например: /sigma SCN-1 поэма — или ответьте командой /sigma на один из моих текстов.
sigma-of-words = Текст сложен из услышанного: { $words }.
sigma-no-words = Целых слов, из которых вышел бы текст, не услышал никто.
sigma-heard = { $count ->
        [one] Иначе услышано { $count } место
        [few] Иначе услышаны { $count } места
       *[other] Иначе услышано { $count } мест
    } из { $tokens ->
        [one] { $tokens } токена
       *[other] { $tokens } токенов
    } (эталон → уровень):
sigma-no-oracle = Оракула для { $model } нет: его обучает «hyperbridge sigma --train».
sigma-oracle = Оракул обучен на { $texts } текстах и называет уровень верно в { $accuracy } % случаев (наугад { $chance } %, p = { $p }).
