"""weight_rates: what a rule makes of the gradient of each single weight."""
