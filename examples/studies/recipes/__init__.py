"""Better clusters from the same coarse labels: neighbours on the paper's data sets."""
