"""weight_gains: how long a rule makes the steps of each single weight."""
