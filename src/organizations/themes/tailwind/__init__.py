"""The elements in Tailwind CSS's classes. It stands before ``organizations`` in INSTALLED_APPS."""
