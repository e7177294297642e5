# Что останавливает /cancel.

command-cancel = остановить то, о чём вы просили

stopped = Остановлено: { $what }.
stopped-writing =
    { $count ->
        [one] { $count } текст, который писался
        [few] { $count } текста, которые писались
       *[other] { $count } текстов, которые писались
    }
stopped-waiting =
    { $count ->
        [one] { $count } сцена, которая ждала
        [few] { $count } сцены, которые ждали
       *[other] { $count } сцен, которые ждали
    }
stopped-measuring =
    { $count ->
        [one] { $count } измерение
        [few] { $count } измерения
       *[other] { $count } измерений
    }
stopped-nothing = Ваше здесь ничего не пишется и не ждёт.

measuring-elsewhere = Ваше измерение уже идёт в другом чате: дождитесь его или остановите там командой /cancel.
measuring-full =
    { $count ->
        [one] Ждёт уже { $count } измерение
        [few] Ждут уже { $count } измерения
       *[other] Ждут уже { $count } измерений
    }, и каждое длится минуты: попробуйте позже.
limit-chat-heavy =
    { $limit ->
        [one] { $limit } выгрузка, загрузка, карта или измерение
        [few] { $limit } выгрузки, загрузки, карты и измерения
       *[other] { $limit } выгрузок, загрузок, карт и измерений
    } в час — всё, что я успеваю для одной группы: попробуйте позже.
