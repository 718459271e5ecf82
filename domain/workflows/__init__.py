"""Verbs: load through ports, decide with a rule, save, send."""
