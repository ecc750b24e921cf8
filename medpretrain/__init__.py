"""medpretrain: distributed pretraining of medical language models, on DeepSpeed. Importing this package does nothing."""

__version__ = "0.1.0"
