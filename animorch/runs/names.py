"""Names of the files in a runs folder, each written here only."""

from __future__ import annotations

PLAN = "plan.json"  # of a sweep: what was asked
JOURNAL = "journal.jsonl"  # what happened, a line an event
GRID = "grid.mp4"
SHEET = "contact_sheet.png"

RECORD = "record.json"  # of a point: what became of it
EXPERIMENT = "experiment.json"  # the whole experiment, resolved
OVERRIDES = "overrides.txt"
FRAMES = "frames.mkv"  # lossless, as rendered
FINAL = "final.mkv"  # lossless, after post-steps, when there are any
METRICS = "metrics.json"
POSTER = "poster.png"
LOG = "log.txt"

STORE = "store"  # folder of every rendered clip
RENDER = "render.json"  # of a stored clip, beside its frames
STAGING = ".staging"  # folder of what is not finished
