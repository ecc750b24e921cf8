"""Readers of what hospitals and publishers really have: each turns a file of one format into documents, as a stream."""
