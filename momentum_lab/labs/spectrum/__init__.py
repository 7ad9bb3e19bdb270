"""spectrum: a loss with many curvatures."""
