"""Comparison: the clips of a sweep, side by side and in time."""

from animorch.compare.grid import GridResult, build_grid, grid_key

__all__ = ["GridResult", "build_grid", "grid_key"]
