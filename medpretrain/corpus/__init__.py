"""Raw text to clean documents. No torch."""
