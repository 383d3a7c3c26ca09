"""The displayed code: numpy or torch only, no plotting, no files, no hidden randomness."""
