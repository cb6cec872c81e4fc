"""Long measures: ``make prove`` runs them in parts and writes what they found into ``docs/measured.md``."""
