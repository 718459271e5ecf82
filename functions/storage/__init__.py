"""Adapters that implement the ports on Azure Table Storage, queues and memory."""
