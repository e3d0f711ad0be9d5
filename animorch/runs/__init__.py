"""A run's folder: what one point leaves on disk, and reading it back."""
