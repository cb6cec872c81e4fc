"""What must be dealt with before anything else: emergencies, safeguarding, card numbers."""
