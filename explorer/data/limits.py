"""How much of a learner's own data is accepted. Every limit is named in the message it causes."""

MAX_BYTES = 5_000_000  # 5 MB
MAX_ROWS = 50_000
MAX_COLUMNS = 50
MAX_LINE = 100_000  # characters in one line
MAX_NAME = 60  # characters of a column name that are kept

# Squares and sums of squares of such numbers stay far from overflow, in float32 too, and
# populations, prices and Unix times in seconds still fit.
MAX_ABS = 1e12
# Below these spreads the variance drowns in rounding or in the small number added to covariances.
MIN_SPREAD = 1e-9
MIN_RELATIVE_SPREAD = 1e-7
