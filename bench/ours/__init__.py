"""The project of the bench that uses this package."""
