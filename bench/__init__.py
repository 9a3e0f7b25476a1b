"""Measures this package beside its peers and beside SQL by hand: ``make bench``. No tests."""
