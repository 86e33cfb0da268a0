"""Sphinx settings. `tox -e docs` builds with warnings as errors and fetches nothing."""

from __future__ import annotations

from importlib.metadata import version as installed_version

project = "Brim"
author = "the Brim authors"
project_copyright = "the Brim authors"
version = release = installed_version("brim")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write `names` with single backticks

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

suppress_warnings = ["ref.python"]  # `bytes` is a type, and the name of two fields

autodoc_mock_imports = ["hypothesis", "pytest"]  # what only the test kit needs
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"Brim {release}"
html_show_sphinx = False
