"""A local host for the unmodified function app: see README.md in this folder."""
