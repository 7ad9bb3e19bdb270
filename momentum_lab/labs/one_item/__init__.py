"""one_item: one item an update, of which only a share carries the curvature."""
