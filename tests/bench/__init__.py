"""How fast it is, against others in the same run."""
