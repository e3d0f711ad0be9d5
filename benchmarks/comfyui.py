"""animorch against a naive client, on two ComfyUI doubles: python benchmarks/comfyui.py [POINTS] [SECONDS]

Each point is a clip of 4 frames, 64 pixels, of one seed; a double takes SECONDS of sleep for it, and little
else. The naive client is the usual one: a thread a server, submit, ask /history every half second, fetch the
frames. Both work on the same graphs. Printed: how much longer than the servers' own time (from the
history's execution messages, both servers together) a point takes, from the first job's start to the last
job's end; then once more for both while one of the servers is killed in the middle: points done and lost.
"""

from __future__ import annotations

import copy
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

ROOT = Path(__file__).parents[1]
STEPS = 4
MODELS = ("checkpoint=sd15", "motion=v15_v2", "backend.models.sd15=v1-5-pruned-emaonly.safetensors")
CLIP = (*MODELS, "frames=4", "width=64", "height=64", f"steps={STEPS}", "sampler=euler")
HOUSE = ("grid=false", "quiet=true", "tracking.enabled=false", "metrics=[]")


@dataclass
class Server:
    """A double in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    killed: bool = False
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)

    def look(self) -> None:
        """Keep start and end (seconds) of every job that ended well."""
        with suppress(httpx.HTTPError):
            for job, entry in httpx.get(f"{self.url}/history").json().items():
                said = dict(entry["status"]["messages"])
                if "execution_success" in said:
                    times = (
                        said[kind]["timestamp"] / 1000 for kind in ("execution_start", "execution_success")
                    )
                    self.spans[job] = tuple(times)  # type: ignore[assignment]

    def kill(self) -> None:
        self.look()
        self.killed = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def servers(seconds: float) -> Iterator[list[Server]]:
    """Two doubles."""
    words = [sys.executable, "-m", "tests.doubles.comfyui", "--port", "0", "--speed", str(seconds / STEPS)]
    processes = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        yield [
            Server(process, str(process.stdout and process.stdout.readline()).strip())
            for process in processes
        ]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def killed_in_the_middle(farm: list[Server], points: int, over: threading.Event) -> None:
    """Kill the second server after a fifth of the points."""
    while not over.is_set() and len(farm[1].spans) < points // 5:
        farm[1].look()
        time.sleep(0.05)
    farm[1].kill()


def by_animorch(farm: list[Server], points: int, folder: Path) -> int:
    """The sweep; returns how many points are done."""
    urls = f"backend.urls=[{','.join(server.url for server in farm)}]"
    words = ("-m", "backend=comfyui", urls, *CLIP, *HOUSE, f"seed=range(0,{points})")
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
    subprocess.run([sys.executable, "-m", "animorch", *words], cwd=folder, env=environment, check=False)
    records = [json.loads(path.read_text()) for path in folder.glob("runs/*/*/*/record.json")]
    return sum(record["status"] == "finished" for record in records)


def graph(farm: list[Server], folder: Path) -> dict[str, Any]:
    """The graph that animorch builds for such a clip."""
    path = folder / "graph.json"
    words = ("comfyui", "export", "backend=comfyui", f"backend.url={farm[0].url}", *CLIP)
    subprocess.run(
        [sys.executable, "-m", "animorch", *words, "--api", "-o", str(path)], cwd=folder, check=True
    )
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def by_naive(farm: list[Server], points: int, folder: Path) -> int:
    """Submit, poll, download; a thread a server, which ends with its server."""
    plain, left, done = graph(farm, folder), queue.Queue[int](), []
    for seed in range(points):
        left.put(seed)

    def work(server: Server) -> None:
        with suppress(queue.Empty, httpx.HTTPError):
            while True:
                done.append(rendered(server.url, plain, left.get_nowait(), folder))

    threads = [threading.Thread(target=work, args=(server,)) for server in farm]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(done)


def rendered(url: str, plain: dict[str, Any], seed: int, folder: Path) -> str:
    """One clip: its frames in the folder."""
    asked, job = copy.deepcopy(plain), str(uuid4())
    for node in asked.values():
        if "seed" in node["inputs"]:
            node["inputs"]["seed"] = seed
        if "filename_prefix" in node["inputs"]:
            node["inputs"]["filename_prefix"] = f"naive/{job}/frame"
    httpx.post(f"{url}/prompt", json={"prompt": asked, "prompt_id": job, "client_id": job}).raise_for_status()
    while not (entry := httpx.get(f"{url}/history/{job}").json().get(job)):
        time.sleep(0.5)
    for output in entry["outputs"].values():
        for image in output.get("images", ()):
            name = {key: image[key] for key in ("filename", "subfolder", "type")}
            (folder / f"{job}-{image['filename']}").write_bytes(httpx.get(f"{url}/view", params=name).content)
    return job


def timed(kind: Any, points: int, seconds: float, kill: bool) -> tuple[int, list[int], float]:
    """Points done, jobs of each server, and the share of time beyond the servers' own."""
    with tempfile.TemporaryDirectory() as name, servers(seconds) as farm:
        over = threading.Event()
        killer = threading.Thread(target=killed_in_the_middle, args=(farm, points, over))
        if kill:
            killer.start()
        done = kind(farm, points, Path(name))
        over.set()
        if kill:
            killer.join()
        for server in farm:
            server.look()
        spans = [span for server in farm for span in server.spans.values()]
        begin, busy = min(start for start, _ in spans), sum(end - start for start, end in spans)
        lasted = sum(max((end for _, end in server.spans.values()), default=begin) - begin for server in farm)
        return done, [len(server.spans) for server in farm], lasted / busy - 1


def main(points: int, seconds: float) -> None:
    for kill in (False, True):
        print(
            "one server killed after a fifth of the points" if kill else f"{points} points of {seconds:g} s"
        )
        for name, kind in (("animorch", by_animorch), ("naive", by_naive)):
            done, shared, beyond = timed(kind, points, seconds, kill)
            lost = f"{points - done} lost" if done < points else "none lost"
            jobs = " and ".join(map(str, shared))
            print(f"  {name:<9} {done} done, {lost}; jobs {jobs}; {beyond:.1%} beyond the servers' own time")


if __name__ == "__main__":
    said = sys.argv[1:]
    main(int(said[0]) if said else 100, float(said[1]) if said[1:] else 1.0)
