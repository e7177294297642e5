"""A continuous-batching engine over llama.cpp: many requests, one model, one KV cache.

Read it from the bottom: ``context`` (the native KV cache), ``sampler`` (one token), ``request`` (what
callers wait for), ``shelf`` and ``heads`` (prompts that are read once),
``scheduler`` (whose turn it is), ``batch`` and ``worker`` (the loop), ``engine`` (the asyncio face).
"""

from models.engine.context import Hardware
from models.engine.engine import Engine

__all__ = ["Engine", "Hardware"]
