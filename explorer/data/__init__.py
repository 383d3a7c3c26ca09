"""Data as arrays in memory: toys, bundled and real sets, and the learner's own."""
