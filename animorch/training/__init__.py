"""A training while it runs: its folder, its report, and what it leaves. The learning itself is a plugin's."""
