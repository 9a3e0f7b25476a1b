"""The elements in Bootstrap 5's classes. It stands before ``organizations`` in INSTALLED_APPS."""
