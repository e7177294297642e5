"""A measurement as a JSON object, to be kept and read again."""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from models.noise.results import Noise
from scene.errors import ModelError


def dump(noise: Noise) -> dict[str, Any]:
    """A measurement as ``json.dumps`` takes it."""
    return {name: _plain(value) for name, value in asdict(noise).items()}


def load(found: dict[str, Any]) -> Noise:
    """Read what :func:`dump` gave.

    Raises:
        ModelError: ``noise-unreadable``: the object is none, or it says things that don't fit together.
    """
    try:
        noise: Noise = _made(Noise, found)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError("noise-unreadable") from error
    arrays = [noise.entropy, noise.logprob]
    for level in noise.levels:
        arrays += [getattr(level.per_token, each.name) for each in fields(level.per_token)]
    count = len(noise.tokens)
    if not (
        count
        and noise.levels
        and len(noise.pieces) == count
        and {each.shape for each in arrays} == {(count,)}
    ):
        raise ModelError("noise-unreadable")
    return noise


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _made(kind: Any, value: Any) -> Any:
    """A value of a dataclass's field, made of what JSON has for it."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{each.name: _made(hints[each.name], value[each.name]) for each in fields(kind)})  # type: ignore[operator]
    origin, args = get_origin(kind), get_args(kind)
    if origin is tuple:
        return tuple(_made(args[0], each) for each in list(value))
    if origin is np.ndarray:
        (of,) = get_args(args[1])
        return np.array(value, dtype=of)
    if origin is UnionType:
        (some,) = (each for each in args if each is not NoneType)
        return None if value is None else _made(some, value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise TypeError(kind)
    return value
