"""What a model is worth: perplexity, bits per byte, generation."""
