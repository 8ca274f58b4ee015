"""Targets for atheris, one to a module; see README.md."""
