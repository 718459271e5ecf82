"""Everything that knows Azure: triggers, messages, wiring, settings and the storage adapters."""
