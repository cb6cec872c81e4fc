"""A caller in a box, an agent's desk phone, and rehearsals."""
