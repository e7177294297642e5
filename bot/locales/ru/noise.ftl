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
