"""The faces: Telegram handlers, command line, sandbox."""

import os

# python-telegram-bot gives durations as its next version will, and doesn't warn of each that it will.
os.environ["PTB_TIMEDELTA"] = "true"
