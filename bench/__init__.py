"""Measures what parts of the package cost: ``make bench``. No tests: nothing here has a limit."""
