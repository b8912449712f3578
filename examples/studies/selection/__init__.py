"""A study: which criterion, without fine labels, chooses the best of a grid of fits."""
