"""A run in pictures: its records -> numbers (summary, stability, packing) -> figures -> one page."""
