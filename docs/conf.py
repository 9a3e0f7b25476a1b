"""Sphinx: Furo, Markdown by MyST, and the reference made from the code itself."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(Path(__file__).parent / "_ext")]
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["ORGKIT_DB"] = "sqlite"

import django  # noqa: E402  # the settings come first

django.setup()

import organizations  # noqa: E402  # its models need the line above

project = "django-orgkit"
author = copyright = "django-orgkit contributors"
version = release = organizations.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "orgkit_reference"]
exclude_patterns = ["_build", "_ext"]
templates_path = []

html_theme = "furo"
html_title = f"django-orgkit {release}"
html_static_path = ["_static"]
html_copy_source = False
html_show_sphinx = False

# Headings can be linked to as page.md#the-heading.
myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]

autodoc_member_order = "bysource"
# The hints are in the signatures of the source; most of them say that models are a project's.
autodoc_typehints = "none"
autodoc_class_signature = "separated"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
