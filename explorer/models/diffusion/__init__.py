"""Diffusion models: noise added on purpose, and a network that learns to take it away again."""
