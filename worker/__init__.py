"""Classification of the detection log, and what is done periodically."""
