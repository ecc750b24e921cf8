"""Clean documents to a vocabulary. No torch."""
