"""Scenarios: documents in Markdown that an accountant can read, write and run.

`document` reads the text, `vocabulary` knows the tables and how values are written, `world` carries out the commands
over storage in memory, `compare` says what differs. The format is documented in `docs/scenarios.md`.
"""
