"""What precision does to the same thought: one model at several levels, read token by token."""
