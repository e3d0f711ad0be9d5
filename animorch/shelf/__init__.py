"""The shelf: weight files that already lie on this machine, and what each is, without torch or network."""
