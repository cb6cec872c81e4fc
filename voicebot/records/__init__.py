"""What happened: calls, turns, facts with their source, handoffs."""
