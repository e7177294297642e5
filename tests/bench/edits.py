"""What happens to a text between being sent and being asked about, for the round trips."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from scene import emoji

_RU, _EN = "абвгдежзийклмнопрстуфхцчшщъыьэюя", "abcdefghijklmnopqrstuvwxyz"
_SENTENCE = re.compile(r".+?[.!?…]+(?=\s)", re.DOTALL)

# Published tables and one that people type. Letters that are not here are written as in BGN/PCGN.
_BGN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z", "и": "i",
    "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": '"', "ы": "y",
    "ь": "'", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip
SYSTEMS = {
    "BGN/PCGN": _BGN,
    "ISO 9": _BGN | {
        "ё": "ë", "ж": "ž", "й": "j", "х": "h", "ц": "c", "ч": "č", "ш": "š", "щ": "ŝ", "ъ": "ʺ", "ь": "ʹ",
        "э": "è", "ю": "û", "я": "â",
    },
    "GOST 7.79-B": _BGN | {
        "й": "j", "х": "x", "ц": "cz", "щ": "shh", "ъ": "``", "ы": "y`", "ь": "`", "э": "e`",
    },
    "ICAO 9303": _BGN | {"ё": "e", "й": "i", "щ": "shch", "ъ": "ie", "ь": "", "ю": "iu", "я": "ia"},
    "typed": _BGN | {"й": "j", "х": "h", "ц": "c", "щ": "sch", "ъ": "", "ь": "", "ю": "ju", "я": "ja"},
}  # fmt: skip

_AROUND = {
    "ru": (
        "Привет! Вчера бот прислал мне вот это, посмотри: ",
        "Слушай, я всё думаю об одном тексте. Как там было… ",
        "Мама спросила, что это такое, и я не смог ответить. ",
        " Не знаю, что он имел в виду, но весь день хожу под впечатлением.",
        " — по-моему, лучшее из всего, что он писал. А тебе как?",
        " Завтра на работе покажу ребятам, пусть тоже поломают голову. Кстати, во сколько встречаемся?",
    ),
    "en": (
        "Hi! The bot sent me this one yesterday, have a look: ",
        "I keep thinking about something I read. How did it go again… ",
        "My sister asked what it was about and I had no answer for her. ",
        " No idea what it meant by that, but it stayed with me all day.",
        " — probably the best thing it has come up with so far. What do you think?",
        " I will show it to the others at work tomorrow. By the way, when do we meet?",
    ),
}


def typos(text: str, rng: random.Random) -> str | None:
    """One in twenty characters, one at least, is another, one too many, missing, or swapped with the next."""
    characters = emoji.clusters(text)
    places = [at for at, character in enumerate(characters) if not character.isspace()]
    if len(places) < 2:
        return None  # nothing would be left of it
    for at in rng.sample(places, max(1, round(len(places) / 20))):
        wrong = _other(characters[at], rng)
        match rng.randrange(4):
            case 0:
                characters[at] = wrong
            case 1:
                characters[at] += wrong
            case 2:
                characters[at] = ""
            case _ if at + 1 < len(characters):
                characters[at], characters[at + 1] = characters[at + 1], characters[at]
            case _:
                characters[at] = wrong
    made = "".join(characters)
    return made if made.strip() and made != text else None


def _other(character: str, rng: random.Random) -> str:
    if emoji.is_emoji(character):
        return rng.choice("🌊🔥🌙🦊🚪🎲🧭🪨")
    letters = _RU if re.search("[а-яё]", text_ := character.lower()) else _EN
    return rng.choice(letters.replace(text_, ""))


def first_line(text: str, rng: random.Random) -> str | None:
    """The first line, or the first sentence of a text in one line; None when that is all there is."""
    line, _, rest = text.partition("\n")
    if not rest.strip():
        found = _SENTENCE.match(text)
        line = found.group() if found else text
    return line if line.strip() != text.strip() and _tells(line) else None


def half(text: str, rng: random.Random) -> str | None:
    """Half of the words, in order; of emoji, half of them."""
    words = text.split()
    if len(words) == 1:
        words = emoji.clusters(text)
        if not all(map(emoji.is_emoji, words)):
            return None
    if len(words) < 2:
        return None
    kept = sorted(rng.sample(range(len(words)), (len(words) + 1) // 2))
    said = (" " if " " in text or "\n" in text else "").join(words[at] for at in kept)
    return said if _tells(said) else None


def _tells(text: str) -> bool:
    """Whether enough is left of a text to be asked about: three letters, or an emoji."""
    return len(re.findall(r"[^\W\d_]", text)) >= 3 or any(map(emoji.is_emoji, emoji.clusters(text)))


def quoted(text: str, rng: random.Random) -> str | None:
    """The text inside a longer message."""
    lang = "ru" if re.search("[а-яё]", text.lower()) else "en"
    before, after = rng.choice(_AROUND[lang][:3]), rng.choice(_AROUND[lang][3:])
    return f"{before}«{text}»{after}" if rng.random() < 0.5 else f"{before}{text}{after}"


def transliterated(text: str, rng: random.Random) -> str | None:
    """Russian in Latin letters, by one of five systems; None for a text without Russian."""
    if not re.search("[а-яё]", text.lower()):
        return None
    table = SYSTEMS[rng.choice(sorted(SYSTEMS))]
    made = []
    for character in text:
        letters = table.get(character.lower(), character)
        made.append(letters.capitalize() if character.isupper() and letters else letters)
    return "".join(made)


EDITS: dict[str, Callable[[str, random.Random], str | None]] = {
    "typos": typos,
    "first line": first_line,
    "half the words": half,
    "quoted": quoted,
    "transliterated": transliterated,
}
"""What may be done to a text; each gives None where it can't be done or would change nothing."""
