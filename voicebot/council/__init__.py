"""The example council: its words, services, data and dialogues."""
