"""Plain tables: the defaults and the neighbours, on several groupings."""
