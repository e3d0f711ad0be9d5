"""Names of the files in a runs folder, each written here only."""

from __future__ import annotations

PLAN = "plan.json"  # of a sweep: what was asked
JOURNAL = "journal.jsonl"  # what happened, a line an event
GRID = "grid.mp4"
SHEET = "contact_sheet.png"
VIEWER = "index.html"

RECORD = "record.json"  # of a point: what became of it
EXPERIMENT = "experiment.json"  # the whole experiment, resolved
OVERRIDES = "overrides.txt"
FRAMES = "frames.mkv"  # lossless, as rendered
FINAL = "final.mkv"  # lossless, after post-steps, when there are any
METRICS = "metrics.json"
POSTER = "poster.png"
LOG = "log.txt"

TRAINING = "training"  # folder of every training
CONFIG = "config.yaml"  # of a training: its mode and options, resolved
LOSSES = "losses.jsonl"  # a line for every logged step
VALIDATION = "validation"  # folder of its validation clips
RESULT = "result"  # folder of what it made

STORE = "store"  # folder of every rendered clip
RENDER = "render.json"  # of a stored clip, beside its frames
STAGE = "stage.json"  # of a slow post-step's clip, beside its frames
OURS = frozenset({RECORD, EXPERIMENT, OVERRIDES, FRAMES, FINAL, METRICS, POSTER, LOG, RENDER, STAGE})
STAGING = ".staging"  # folder of what is not finished
