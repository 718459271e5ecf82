"""A host for the unmodified function app on this machine: the real Python worker, the host's rules, Azurite.

README.md says what it is and what it is not. In code, from the outside in: `host` (the whole), `loader` and `functions`
(what is run), `queue_listener` and `queue_processor`, `timer_listener` and `timer_status`, `worker` (the library behind
it). Nothing is imported here, so that who only wants `azurite` does not load the worker.
"""
