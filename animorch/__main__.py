"""`python -m animorch` is `animorch`."""

from animorch.cli import run

if __name__ == "__main__":
    run()
