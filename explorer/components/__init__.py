"""Browser components of our own: one folder each with its Python, JavaScript and CSS."""
