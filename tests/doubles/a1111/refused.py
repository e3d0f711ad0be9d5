"""Refused: an answer that is an error, in webui's shape."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """An error reply. An HTTPException's text is in `detail`, any other's in `errors`."""

    def __init__(self, status: int, error: str, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.text = status, error, text

    def body(self) -> dict[str, Any]:
        said = self.error == "HTTPException"
        return {
            "error": self.error,
            "detail": self.text if said else "",
            "body": "",
            "errors": "" if said else self.text,
        }


def einops(chunks: int) -> Refused:
    return Refused(500, "EinopsError", f"can't divide axis of length 2 in chunks of {chunks}")
