"""one_weight: one update of one weight, and eleven more."""
