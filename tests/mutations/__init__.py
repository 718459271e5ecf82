"""Every guard is needed: each is taken away, one at a time, and something must notice."""
