"""Plain tables that nobody tuned for: the defaults and the neighbours, on several groupings."""
