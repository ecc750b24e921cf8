"""What leaves the house: the Hugging Face export."""
