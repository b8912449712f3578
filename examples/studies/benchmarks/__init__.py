"""Benchmarks against other ways to do the same: ``python -m examples.studies.benchmarks``."""
