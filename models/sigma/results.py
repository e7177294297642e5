"""What listening to the noise gives: the signal, a text made of it, and how surely a level is recognised."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heard:
    """A place where precision changes the choice: the level's likeliest token is not the reference's.

    Attributes:
        level: Which level heard it.
        position: The token's place in the reference's text, from 0.
        token: What the level holds likeliest there.
        reference_token: What the reference holds likeliest there.
        word: The whole word that the level's token makes with the text before it, read on by the level to the
            word's end; empty where it makes none (a comma, the end of the text).
        reference_word: The same of the reference's token.
        kld: Divergence of the level from the reference there, in nats.
        margin: By how much likelier the reference held its own token than the level's, 0 to 1: the smaller,
            the nearer it was to the same choice.
    """

    level: str
    position: int
    token: str
    reference_token: str
    word: str
    reference_word: str
    kld: float
    margin: float


@dataclass(frozen=True, slots=True)
class Oracle:
    """How well a classifier tells noises apart from features of the error alone.

    Attributes:
        task: ``level``: which level spoke; ``control``: a level's error or Gaussian noise of equal strength.
        model: Whose noise it was trained on, a catalog id.
        version: Of the oracle's file.
        labels: What it tells apart.
        texts: How many texts it was trained on.
        accuracy: Share of samples of texts not trained on that it names rightly, 0 to 1.
        chance: The share that guessing gives.
        p_value: Of the accuracy, by permuting labels within each text.
        shuffled: The mean accuracy on labels shuffled within each text, which ought to be chance.
        strengthless: The accuracy when nothing tells how strong the error is.
    """

    task: str
    model: str
    version: int
    labels: tuple[str, ...]
    texts: int
    accuracy: float
    chance: float
    p_value: float
    shuffled: float
    strengthless: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """Which level the oracle takes a level's error for.

    Attributes:
        level: Who spoke.
        guess: Who the oracle thinks it was.
        probability: That it was ``level``, as the oracle says, 0 to 1.
    """

    level: str
    guess: str
    probability: float


@dataclass(frozen=True, slots=True)
class Sigma:
    """What the levels heard in one text that the reference did not.

    Attributes:
        model: The model's catalog id.
        reference: Level that the others are compared with.
        seed: Of the text that was read, and of the composed one.
        read: The text that reference and levels read, teacher-forced.
        tokens: How many tokens it has.
        levels: Which levels listened, in the order asked for.
        signal: In order of place, then of level.
        words: The words heard, each once, those of most levels first; what ``text`` is made of.
        text: The text composed of the words, in the scene's form; None where nothing was heard.
        oracle: The oracle of levels for this model; None where none was trained.
        recognised: What it says of each level; empty without an oracle.
        seconds: All of it took.
    """

    model: str
    reference: str
    seed: int
    read: str
    tokens: int
    levels: tuple[str, ...]
    signal: tuple[Heard, ...]
    words: tuple[str, ...]
    text: str | None
    oracle: Oracle | None
    recognised: tuple[Recognition, ...]
    seconds: float
