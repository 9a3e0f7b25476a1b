"""A host project that runs on django-organizations as well as on this package.

It is run by the Python of either environment, with Django 3.2 or newer, so it keeps to what
both have. Three apps refer to organizations: ``early`` from the first migration on, ``middle``
behind the last one of the releases 2.0, ``late`` behind the last one of all releases.
"""
