"""Opening a page where its reader is likely to sit before it."""

from __future__ import annotations

import os
import sys
import webbrowser


def has_display() -> bool:
    """Whether a window can be opened here: not on a server, nor over a plain SSH connection."""
    if sys.platform in ("darwin", "win32"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def show(url: str) -> None:
    """Open a page in the reader's browser, if there is a display; the address was told in any case.

    Args:
        url: The page's address.
    """
    if has_display():
        webbrowser.open(url)
