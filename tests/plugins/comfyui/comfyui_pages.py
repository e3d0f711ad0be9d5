"""Workflows as the editor saves them, written by hand for the tests of the reader."""

from __future__ import annotations

from typing import Any


def node(id: int, kind: str, values: Any = (), mode: int = 0, **more: Any) -> dict[str, Any]:
    """A node; `takes` are (name, type, link), with a fourth True where a value could stand."""
    takes = [
        {"name": name, "type": type_, "link": link, **({"widget": {"name": name}} if widget else {})}
        for name, type_, link, widget in ((*each, False)[:4] for each in more.pop("takes", ()))
    ]
    listed = values if isinstance(values, dict) else list(values)
    return {"id": id, "type": kind, "mode": mode, "inputs": takes, "widgets_values": listed, **more}


def page(nodes: list[dict[str, Any]], links: list[Any], **more: Any) -> dict[str, Any]:
    return {"nodes": nodes, "links": links, "version": 0.4, **more}


def plain(**more: Any) -> dict[str, Any]:
    """Checkpoint, two prompts, four frames of noise, sampler, decoder, frames."""
    nodes = [
        node(1, "CheckpointLoaderSimple", ["random_sd15.safetensors"]),
        node(2, "CLIPTextEncode", ["a fox"], takes=[("clip", "CLIP", 2)], title="what to see"),
        node(3, "CLIPTextEncode", ["text"], takes=[("clip", "CLIP", 3)], title="what not"),
        node(4, "EmptyLatentImage", [64, 48, 4]),
        node(
            5,
            "KSampler",
            [7, "randomize", 3, 6.5, "euler_ancestral", "karras", 0.9],
            takes=[
                ("model", "MODEL", 1),
                ("positive", "CONDITIONING", 4),
                ("negative", "CONDITIONING", 5),
                ("latent_image", "LATENT", 6),
            ],
        ),
        node(6, "VAEDecode", takes=[("samples", "LATENT", 7), ("vae", "VAE", 8)]),
        node(7, "SaveImage", ["mine/frame"], takes=[("images", "IMAGE", 9)]),
    ]
    links = [
        [1, 1, 0, 5, 0, "MODEL"],
        [2, 1, 1, 2, 0, "CLIP"],
        [3, 1, 1, 3, 0, "CLIP"],
        [4, 2, 0, 5, 1, "CONDITIONING"],
        [5, 3, 0, 5, 2, "CONDITIONING"],
        [6, 4, 0, 5, 3, "LATENT"],
        [7, 5, 0, 6, 0, "LATENT"],
        [8, 1, 2, 6, 1, "VAE"],
        [9, 6, 0, 7, 0, "IMAGE"],
    ]
    return page(nodes, links, **more)


def put(saved: dict[str, Any], id: int, **changes: Any) -> dict[str, Any]:
    """The page with one node changed."""
    nodes = [{**each, **changes} if each["id"] == id else each for each in saved["nodes"]]
    return {**saved, "nodes": nodes}


def among(saved: dict[str, Any], link: int, *between: dict[str, Any], kind: str = "*") -> dict[str, Any]:
    """The page with nodes put in the way of a link, each taking at its first input and giving at output 0."""
    links = [list(each) for each in saved["links"]]
    (cut,) = [each for each in links if each[0] == link]
    origin, output, number = cut[1], cut[2], 100
    for each in between:
        links.append([number, origin, output, each["id"], 0, cut[5]])
        each["inputs"] = [{"name": "in", "type": cut[5], "link": number}, *each["inputs"]]
        origin, output, number = each["id"], 0, number + 1
    cut[1:3] = [origin, output]
    return {**saved, "nodes": [*saved["nodes"], *between], "links": links}
