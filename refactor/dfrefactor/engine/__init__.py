"""Build engines: what a Dockerfile's image really holds, and whether two of them hold the same."""
