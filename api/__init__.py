"""The door for cameras and programs: HTTP, and nothing but HTTP."""
