"""Actions of the dialogue: the form engine, the council's look-ups, and what each service does at the end."""
