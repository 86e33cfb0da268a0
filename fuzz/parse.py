"""Coverage-guided fuzzing of `targets.parse`; see README.md beside this file."""

import sys

import atheris

with atheris.instrument_imports(include=["brim"]):
    import targets

atheris.Setup(sys.argv, targets.parse)
atheris.Fuzz()
