"""Hydra's side: where configs are found, and how a command becomes values."""
