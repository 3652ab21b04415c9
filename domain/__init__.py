"""The product in words: records, rules and use cases, and the ports they need."""
