"""Random shell scripts, run by real shells, and what is claimed of them: generator, sandbox, judge, splits, exploration."""
