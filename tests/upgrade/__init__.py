"""Databases that django-organizations has made carry over to this package."""
