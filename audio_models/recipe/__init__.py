"""Recipe of the offline recogniser: text, synthetic speech, training, conversion.

The result is a tiny recogniser of synthetic voices for tests, rehearsals and
demonstrations on machines without network or licensed weights.  It does not
understand people; the model card says so wherever it is offered.
"""
