"""Programs that people run from a checkout; never deployed, and nothing that is deployed imports them."""
