"""From the bot to a person: the card, the queues, the whisper, the join."""
