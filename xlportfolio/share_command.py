"""The command ``share``."""
