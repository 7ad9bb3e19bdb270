"""edge_of_stability: how sharp a network's error is where training goes, against the limit."""
