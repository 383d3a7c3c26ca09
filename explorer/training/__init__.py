"""Training: the loop, its average of weights, and one recipe for each checkpoint."""
