# Сцены рядом: похожие, в сравнении, в зонах, на карте, и их версии.

command-similar = сцены, похожие на эту
command-zone = зоны или зона сцены
command-compare = сравнить две сцены
command-map = картина ваших сцен
command-versions = все тексты сцены

similar-needs-scene = Напишите сцену или её код после команды, например: /similar SCN-1 — или ответьте командой /similar на один из моих текстов.
similar-nothing = Пока нет другой сцены, с которой можно сличить { $mnemonic }.
similar-found = Ближе всего к { $mnemonic }:
similar-line = { $code } · { $mnemonic } · { $score } %
zone-not-kept = Сцены { $mnemonic } нет в архиве, поэтому у неё нет зоны: сначала пришлите её или спросите /similar { $mnemonic }.
zones-none =
    { $count ->
        [0] Здесь пока нет сцен.
        [one] { $count } сцена, и зон пока нет: зоне нужны две сцены, которые отзываются друг на друга.
        [few] { $count } сцены, и зон пока нет: зоне нужны две, которые отзываются друг на друга.
       *[other] { $count } сцен, и зон пока нет: зоне нужны две, которые отзываются друг на друга.
    }
zones-found =
    { $count ->
        [one] { $count } зона:
        [few] { $count } зоны:
       *[other] { $count } зон:
    }
zone-line = { $sign } { $name } — { $count }: { $codes }
zone-of = { $code } лежит в зоне { $name } ({ $count ->
        [one] { $count } сцена
        [few] { $count } сцены
       *[other] { $count } сцен
    }):
zone-lone = { $code } { $mnemonic } лежит отдельно: ни одна зона на неё пока не отзывается.
zone-member = { $code } · { $mnemonic }
zones-lone =
    { $count ->
        [one] отдельно лежит { $count } сцена
        [few] отдельно лежат { $count } сцены
       *[other] отдельно лежат { $count } сцен
    }
zones-more =
    { $count ->
        [one] и ещё { $count } зона: /zone
        [few] и ещё { $count } зоны: /zone
       *[other] и ещё { $count } зон: /zone
    }
compare-needs-two = Напишите две сцены или два кода после команды, например: /compare SCN-1 SCN-2.
compare-resonance = { $a } и { $b }: резонанс { $score } %.
compare-shared = Есть в обеих: { $atoms }.
compare-nothing-shared = Общих атомов нет.
compare-only = Только в { $name }: { $atoms }.
compare-order-same = Общее идёт в том же порядке.
compare-order-reversed = Общее идёт в обратном порядке.
compare-order-mixed = Общее идёт в другом порядке (корреляция { $order }).
compare-picture = На картине: близкие по смыслу атомы лежат рядом; путь начинается с полого знака; { $a } — сплошная линия, { $b } — пунктир.
map-needs-scenes =
    { $count ->
        [0] Сцен для карты пока нет: нужны три.
        [one] { $count } сцена — ещё не карта: нужны три.
       *[other] { $count } сцены — ещё не карта: нужны три.
    }
map-caption =
    { $count ->
        [one] Карта: { $count } сцена.
        [few] Карта: { $count } сцены.
       *[other] Карта: { $count } сцен.
    } Чем ближе, тем сильнее резонанс.
map-shown = Нарисованы { $shown }.
map-lone =
    { $count ->
        [one] отдельно: { $count } сцена
        [few] отдельно: { $count } сцены
       *[other] отдельно: { $count } сцен
    }
map-more-zones =
    { $count ->
        [one] ещё { $count } зона поменьше
        [few] ещё { $count } зоны поменьше
       *[other] ещё { $count } зон поменьше
    }
map-done = { $path }: сцен { $count }, зон { $zones }.
picture-failed = В { $path } не удалось записать ({ $reason }): выберите другой файл.
versions-need-code = Напишите код сцены, например: /versions SCN-1 — или ответьте командой /versions на один из моих текстов.
versions-not-kept = Сцены { $mnemonic } нет в архиве, поэтому нет и текстов: сначала пришлите её.
versions-none = У { $code } { $mnemonic } ещё нет текста: её озвучит /scene { $code }.
versions-found = { $code } { $mnemonic }, { $count ->
        [one] { $count } версия
        [few] { $count } версии
       *[other] { $count } версий
    }:
versions-line = { $number }. { $form }{ $persona } · { $model } · зерно { $seed } · резонанс { $resonance } · { $date }
versions-older = Более старые: /versions { $code } и номер.
version-unknown = У { $code } нет версии { $number }: всего их { $count }.
version-read = Версия { $number } из { $count }
