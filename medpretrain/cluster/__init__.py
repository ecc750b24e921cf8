"""Runs on several hosts: what must reach them, and what becomes of them."""
