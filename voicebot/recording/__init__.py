"""Recording of calls: off unless an admin turns it on, and then announced."""
