"""Fine classes against what else one would use: a protocol that was fixed before the first run."""
