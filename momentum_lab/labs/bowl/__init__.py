"""bowl: one weight in a bowl."""
