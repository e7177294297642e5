"""The one thread that measures.

llama.cpp keeps a pool of OpenMP threads for every thread that decodes, and pools that wait for one another's
cores halve the speed. So all measurements of a process take turns on one thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="noise")

Result = TypeVar("Result")
Cancelled = Callable[[], bool]


def alone(work: Callable[[Cancelled], Result], cancelled: Cancelled) -> Result:
    """Do something when all that was asked for earlier is done; blocks.

    Args:
        work: Given what to ask whether to go on.
        cancelled: Asked by it; it is also told to stop when the waiting is interrupted.
    """
    left = threading.Event()
    future = _thread.submit(work, lambda: left.is_set() or cancelled())
    try:
        return future.result()
    except BaseException:
        left.set()
        raise
