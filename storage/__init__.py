"""The archive: SQLite through sqlite-utils."""
