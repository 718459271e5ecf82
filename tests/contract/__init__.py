"""One suite per port, run over the in-memory storage and over the emulator."""
