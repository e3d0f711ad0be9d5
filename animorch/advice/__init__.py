"""Advice: what people who render much would say of an experiment. Notes, never a reason to stop."""

from animorch.advice.note import Note, Rule
from animorch.advice.rules import ALL, MEMORY, NAMES, RULES, advice

__all__ = ["ALL", "MEMORY", "NAMES", "RULES", "Note", "Rule", "advice"]
