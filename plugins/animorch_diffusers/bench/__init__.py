"""`animorch bench native`: this backend beside stock diffusers, on the same weights in one process."""
