"""What a step does: what it reads, writes, removes, uses and provides, and how sure that is."""
