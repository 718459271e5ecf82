"""Scenarios: documents in Markdown that an accountant can read, write and run.

`document` reads the text, `vocabulary` knows the tables and how values are written, `world` is storage in memory,
`commands` and its neighbours say what can be done in it, `compare` says what differs. The format is documented in
`docs/scenarios.md`.
"""
