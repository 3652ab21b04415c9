"""Usher without an account: a Bot API server with its chat page, and a simulated camera."""
