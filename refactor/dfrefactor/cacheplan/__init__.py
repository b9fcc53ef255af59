"""Cache lists from the stage graph: plans for builders, and the lists of Compose and bake files."""
