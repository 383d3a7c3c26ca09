"""Pure functions that measure how far apart two distributions are."""
