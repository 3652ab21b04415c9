"""What is wrong with the database as a person must hear it."""


class StorageError(RuntimeError):
    """The database cannot be used as it is; the text says what to do."""
