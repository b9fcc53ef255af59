"""Repository files beside a Dockerfile: Compose and bake."""
