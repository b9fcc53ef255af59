"""Compose and bake files: what they say, where it stands, and what their cache lists have to name."""
