"""A small Telegram Bot API server with a chat page: the demo and the tests talk to it."""
