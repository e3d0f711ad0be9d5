"""Widgets: which inputs of a node hold values in the editor, and in which order a saved file lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from animorch_comfyui.offers import COMBO, Input, Offers

CONTROLS = ("fixed", "increment", "decrement", "randomize", "increment-wrap")
_SEEDS = ("seed", "noise_seed")
_FURTHER = ("COLOR", "MARKDOWN")  # kinds besides the plain ones that the editor gives a widget


@dataclass(frozen=True)
class Widget:
    """One value of a node: an input, or a companion of the editor's own that no server is sent."""

    name: str
    input: Input | None  # None: a companion
    usual: Any = None


def widgets(kind: str, offers: Offers) -> tuple[Widget, ...]:
    """The values of a node class in the order of a saved file's `widgets_values`.

    A seed is followed by what the editor does with it after a run (`control_after_generate`), a picture
    that can be uploaded by its button's word, which stands behind the required inputs.
    """
    listed = offers.inputs(kind)
    required = [widget for name, said in listed.items() if said.required for widget in _of(name, said)]
    optional = [widget for name, said in listed.items() if not said.required for widget in _of(name, said)]
    uploads = any(said.uploaded for said in listed.values())
    button = [Widget("upload", None, "image")] if uploads else []
    return (*required, *button, *optional)


def _of(name: str, said: Input) -> Iterator[Widget]:
    if not is_widget(said):
        return
    yield Widget(name, said, said.default)
    if said.more.get("control_after_generate") or (said.kind == "INT" and name in _SEEDS):
        yield Widget("control_after_generate", None, "fixed")


def is_widget(said: Input) -> bool:
    """Whether the editor shows the input as a value rather than only as a socket."""
    plain = not said.linked or said.kind in _FURTHER or bool(said.more.get("widgetType"))
    return plain and not said.more.get("forceInput")


def named(values: Any, expected: Sequence[Widget], held: Sequence[str] = ()) -> dict[str, Any] | None:
    """A node's saved values by name; None when they fit neither the server's inputs nor `held`.

    `values` is a list, or a mapping as VideoHelperSuite writes it. `held` are the widgets that the node
    itself lists, which tells how an older or newer version of it was saved.
    """
    if isinstance(values, Mapping):
        return _usual(expected) | _by_name(values, expected)
    listed = list(values or ())
    found = _in_order(listed, expected)
    if found is None and held:
        known = {widget.name: widget for widget in expected}
        own = [known.get(name, Widget(name, Input("*", required=False))) for name in held]
        found = _in_order(listed, own)
    return None if found is None else _usual(expected) | found


def _usual(expected: Sequence[Widget]) -> dict[str, Any]:
    """What the editor shows where a file says nothing: an older version of the node had fewer values."""
    return {each.name: each.usual for each in expected if each.input and each.usual is not None}


def _in_order(values: list[Any], expected: Sequence[Widget]) -> dict[str, Any] | None:
    rest, found = list(values), {}
    for place, widget in enumerate(expected):
        if not rest:
            break
        follows = expected[place + 1] if place + 1 < len(expected) else None
        if widget.input is None:
            companion = rest[0] in CONTROLS if widget.name != "upload" else isinstance(rest[0], str)
            if companion:
                rest.pop(0)
            continue
        if not _fits(rest[0], widget.input):
            return None
        found[widget.name] = rest.pop(0)
        if rest and _is_stray(rest[0], follows):
            rest.pop(0)
    return found


def _is_stray(value: Any, follows: Widget | None) -> bool:
    """A companion that the server says nothing of: an older editor gave one to every seed."""
    if not isinstance(value, str) or value not in CONTROLS:
        return False
    if follows is None:
        return True
    return follows.input is not None and not (
        follows.input.kind == "STRING" or value in (follows.input.choices or ()) or follows.input.kind == "*"
    )


def _fits(value: Any, said: Input) -> bool:
    """Whether a saved value can be this input's; a missing model's name can, a name for a number cannot."""
    if value is None or said.linked or said.kind == "*":
        return True
    if said.kind in ("INT", "FLOAT"):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if said.kind == "BOOLEAN":
        return isinstance(value, (bool, str)) or value in (0, 1)
    return not isinstance(value, (bool, dict)) if said.kind == COMBO else isinstance(value, str)


def _by_name(values: Mapping[str, Any], expected: Sequence[Widget]) -> dict[str, Any]:
    """The server's inputs, and those that a format brings; previews and buttons are the editor's own."""
    sent = {widget.name for widget in expected if widget.input}
    for widget in expected:
        formats = widget.input.more.get("formats") if widget.input else None
        if isinstance(formats, Mapping):
            sent |= {str(extra[0]) for extra in formats.get(values.get(widget.name)) or ()}
    return {str(name): value for name, value in values.items() if name in sent}
