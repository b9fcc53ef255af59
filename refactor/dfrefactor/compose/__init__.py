"""Files that build Dockerfiles: what they say and where, what their cache lists have to name, which secrets they pass."""
