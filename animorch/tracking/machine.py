"""Machine: processor, memory, disk, network and GPU while a run is made, drawn by MLflow as system metrics.

They are asked for with tracking.system=true, and are the one thing in MLflow that no record holds: `sync`
cannot bring them back.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

_EVERY = 5  # seconds between two samples; a shorter run has none


class Machine:
    """Watches from its first run to `stop`, in a thread of MLflow's own."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._monitor: Any = None
        self.trouble = "" if find_spec("psutil") else "tracking.system=true needs psutil: pip install psutil"

    def watch(self, run: str) -> None:
        """Begin, once; a run that was watched before goes on."""
        if self._monitor is None and not self.trouble:
            self._monitor = _monitor(self._uri, run)
            self._monitor.start()

    def stop(self) -> None:
        """Send the last samples."""
        if self._monitor is not None:
            self._monitor.finish()
            self._monitor = None


def _monitor(uri: str, run: str) -> Any:
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    return SystemMetricsMonitor(run, sampling_interval=_EVERY, resume_logging=True, tracking_uri=uri)
