"""Text: spans, edits, and what may be shown."""
