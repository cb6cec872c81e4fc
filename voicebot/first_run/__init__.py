"""From the example council to one's own: what tells the example, data from CSV files, and ``voicebot init``."""
