"""valley: two weights in a valley."""
