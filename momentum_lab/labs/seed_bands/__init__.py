"""seed_bands: a rule against plain gradient descent, from many seeds at once."""
