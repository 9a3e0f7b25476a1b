"""Looks for projects with a CSS framework: templates that stand in for the elements."""
