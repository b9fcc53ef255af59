"""Tests that build images."""
