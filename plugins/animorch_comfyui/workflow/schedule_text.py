"""Schedule text: prompts by frame as FizzNodes and AnimateDiff-Evolved take them in one text."""

from __future__ import annotations

import json
import re

_NEG = "--neg"


def parsed(text: str) -> dict[int, str] | None:
    """Frame → prompt of `"0": "a", "8": "b"` (also `0 = "a"`); None when its keys or form are others'.

    FizzNodes deletes raw newlines, and both let a last comma pass.
    """
    plain = re.sub(r'^\s*(\d+)\s*=\s*"', r'"\1": "', text, flags=re.MULTILINE)
    plain = re.sub(r'([^,\s])\s*\n\s*("\d+"\s*:)', r"\1, \2", plain)
    body = plain.replace("\r", "").replace("\n", "").strip().rstrip(",")
    try:
        pairs = json.loads(f"{{{body}}}", object_pairs_hook=list, strict=False)
    except ValueError:
        return None
    if not pairs or not all(key.isdecimal() and isinstance(said, str) for key, said in pairs):
        return None
    return {int(key): said for key, said in sorted(pairs, key=lambda pair: int(pair[0]))}


def parts(prompt: str) -> tuple[str, str]:
    """A prompt and what follows its first --neg; a second one is dropped by FizzNodes."""
    positive, _, rest = prompt.partition(_NEG)
    return positive.strip(), rest.partition(_NEG)[0].strip()
