"""Tests of the loss functions against independent implementations."""
