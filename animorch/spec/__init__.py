"""The spec: what a clip is, and how two are known to be the same."""
