"""The training engine and loop."""
