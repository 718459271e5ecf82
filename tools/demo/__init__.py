"""The demo: documents from the backlog to the posted customer invoice and back, on this machine, by themselves.

It starts an emulator of its own and the unmodified app, plays the project manager and the clerk through the command
line, waits for what the app does, and prints what stands at the end. `run` stops before the play and leaves both
running.
"""
