"""Credentials of a build: which there are, where they are used, and where they would end up."""
