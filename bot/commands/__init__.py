"""What people may ask the chat for: one file for each subject, put together in `counter.py`."""
