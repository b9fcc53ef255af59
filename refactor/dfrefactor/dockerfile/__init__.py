"""What a Dockerfile says."""
