"""The project of the bench that uses django-organizations and django-guardian."""
