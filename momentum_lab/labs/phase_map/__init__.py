"""phase_map: every learning rate and momentum of a rule."""
