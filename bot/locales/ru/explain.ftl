# Что «parse --explain» говорит о том, как прочитана сцена.

explain-sure = Атомы верны на { $percent }: softmax по чтениям выше.
explain-emoji = { $text }: эмодзи — уже атом.
explain-dotted = { $text }: между точками мнемоники.
explain-apart = { $text }: известное слово стоит отдельно и не делится.
explain-lattice = { $text }: прочитано по словам, впереди на { $margin }.
explain-model = { $text }: прочитано по словам и упорядочено языковой моделью, впереди на { $margin }.
explain-unsure = Это неуверенно.
explain-single = { $text }: иначе не прочесть.
explain-reading = чтение
explain-score = счёт
explain-probability = из этих
explain-heard = модель
explain-decided = что решило

topic-frequency = частота слов
topic-whole = одно слово на всё
topic-chain = части против целого
topic-length = длина слов
topic-unknown = слова, которых нет в списках
topic-borders = число слов
topic-capitals = заглавные буквы
topic-digits = цифры
topic-collocation = слова, которые часто стоят рядом
topic-grammar = грамматика соседей
topic-form = части речи
topic-combining = половинки сложных слов
topic-own = своё слово
topic-model = языковая модель
