"""Emphasis: the weights inside a prompt, as A1111 writes them."""

from __future__ import annotations

import re

Weighed = list[tuple[str, float]]

_EXPLICIT = re.compile(r"\([^()]*:\s*[+-]?\d*\.?\d+\s*\)")
_TOKENS = re.compile(r"\\[()\[\]\\]|\(|\[|:\s*([+-]?\d*\.?\d+)\s*\)|\)|\]|[^\\()\[\]:]+|:|\\")
_STRONGER = 1.1


def emphasised(prompt: str) -> bool:
    """Whether a prompt has weights: at least one in numbers, as in (a red star:1.2).

    Parentheses alone are not enough, so that prompts which have them as plain text stay what they were.
    """
    return _EXPLICIT.search(prompt) is not None


def weighed(prompt: str) -> Weighed:
    """Fragments of a prompt with their weights.

    A1111's rules (modules/prompt_parser.py): (a) is 1.1, ((a)) 1.21, [a] 1 / 1.1, (a:1.3) 1.3 and "\\(" a
    parenthesis; weights inside one another multiply. What is left open closes at the end.
    """
    if not emphasised(prompt):
        return [(prompt, 1.0)]
    found: list[list[str | float]] = []
    round_, square = [], []  # where open brackets began
    for token in _TOKENS.finditer(prompt):
        text = token.group(0)
        if text == "(":
            round_.append(len(found))
        elif text == "[":
            square.append(len(found))
        elif token.group(1) is not None and round_:
            _multiply(found, round_.pop(), float(token.group(1)))
        elif text == ")" and round_:
            _multiply(found, round_.pop(), _STRONGER)
        elif text == "]" and square:
            _multiply(found, square.pop(), 1 / _STRONGER)
        else:
            found.append([text[1:] if text.startswith("\\") and len(text) > 1 else text, 1.0])
    for place in round_:
        _multiply(found, place, _STRONGER)
    for place in square:
        _multiply(found, place, 1 / _STRONGER)
    return _joined(found)


def _multiply(found: list[list[str | float]], start: int, factor: float) -> None:
    for part in found[start:]:
        part[1] = float(part[1]) * factor


def _joined(found: list[list[str | float]]) -> Weighed:
    """Neighbours of one weight together, so that they are tokenised together."""
    joined: Weighed = []
    for text, weight in found:
        if joined and joined[-1][1] == weight:
            joined[-1] = (joined[-1][0] + str(text), float(weight))
        else:
            joined.append((str(text), float(weight)))
    return joined
