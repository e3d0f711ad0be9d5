"""Imports: other programs' files turned into ours; `animorch import` writes what a Draft holds."""
