"""The composition root: settings, wiring, the command line, and running everything in one place."""
