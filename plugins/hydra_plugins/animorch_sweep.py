"""What Hydra calls for `-m`: our sweeper and launcher. Thin, because every Hydra program imports this.

Hydra accepts sweepers and launchers from the `hydra_plugins` package only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from animorch.errors import BackendError

for _kind, _cls in (("sweeper", "AnimorchSweeper"), ("launcher", "AnimorchLauncher")):
    ConfigStore.instance().store(
        group=f"hydra/{_kind}",
        name="animorch",
        node={"_target_": f"hydra_plugins.animorch_sweep.{_cls}"},
        provider="animorch",
    )


class AnimorchLauncher(Launcher):
    """Renders every job in this process with one warm backend, in the order that swaps least."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.loader, self.config = hydra_context.config_loader, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
        """Called by sweepers other than ours (optuna …): one plan from their overrides."""
        from animorch.sweep.launch import render_jobs

        results = render_jobs(self.loader, self.config.hydra.job.config_name, job_overrides)
        return [
            _job_return(overrides, result) for overrides, result in zip(job_overrides, results, strict=True)
        ]


def _job_return(overrides: Sequence[str], result: dict[str, Any]) -> JobReturn:
    returned = JobReturn(overrides=list(overrides))
    failed = result["status"] != "finished"
    returned.status = JobStatus.FAILED if failed else JobStatus.COMPLETED
    returned.return_value = BackendError(result["error"]) if failed else result
    return returned


class AnimorchSweeper(Sweeper):
    """Expands axes, plans every point and renders them, or hands them to another launcher."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.loader, self.config = hydra_context.config_loader, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        from animorch.sweep.launch import render_sweep

        foreign = None if isinstance(self.launcher, AnimorchLauncher) else self.launcher
        return render_sweep(self.loader, self.config.hydra.job.config_name, arguments, foreign)
