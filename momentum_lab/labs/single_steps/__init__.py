"""single_steps: the first updates of a 4-5-3 network, a quarter of an update at a time."""
