"""Comparison: the clips of a sweep, side by side and in time."""

from animorch.compare.grid import GridResult, build_grid, grid_key
from animorch.compare.wishes import Wishes

__all__ = ["GridResult", "Wishes", "build_grid", "grid_key"]
