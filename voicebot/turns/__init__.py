"""Turn-taking: who is speaking, when a turn is over, when the bot has been interrupted. Time is counted in samples."""
