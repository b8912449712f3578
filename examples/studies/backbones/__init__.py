"""Every backbone on real data, from coarse labels or none."""
