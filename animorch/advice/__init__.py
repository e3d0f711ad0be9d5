"""Advice: what people who render much would say of an experiment. Notes, never a reason to stop."""

from animorch.advice.note import Note, Rule
from animorch.advice.rules import ALL, BACKEND, NAMES, RULES, advice

__all__ = ["ALL", "BACKEND", "NAMES", "RULES", "Note", "Rule", "advice"]
