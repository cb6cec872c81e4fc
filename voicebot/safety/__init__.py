"""Life and limb: the rules that are checked on every turn before anything else."""
