"""How good and how fast Usher is, measured from outside on the real thing."""
