"""Tests of the data sets, with small originals from a local server and with the real data."""
