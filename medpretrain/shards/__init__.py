"""Documents and a tokenizer to packed token files, and those to batches. numpy; torch only in torch_dataset.py."""
