"""Mesh, collectives beside their gradients, tensor-parallel layers. Knows no model."""
