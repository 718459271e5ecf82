"""How fast the line is beside the storage that it runs on: for people; nothing imports it, it is never deployed."""
