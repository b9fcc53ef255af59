"""What is shown of an outcome: each module is one projection of the same findings, and decides nothing."""
