"""Side-by-side measurements against peers, printed as ratios. Run by hand, never as a test."""
