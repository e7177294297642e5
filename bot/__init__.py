"""The faces: Telegram handlers, command line, sandbox."""
