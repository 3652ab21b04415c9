"""Telegram: cards out, presses and replies in."""
