"""The words of the command line, one file each; offered through the same hook as anyone's."""

from __future__ import annotations

from animorch.commands.best import Best
from animorch.commands.caption import Caption
from animorch.commands.dashboard import Dashboard
from animorch.commands.doctor import Doctor
from animorch.commands.grid import Grid
from animorch.commands.import_ import Import
from animorch.commands.models import Models
from animorch.commands.plan import PlanCommand
from animorch.commands.report import Report
from animorch.commands.rerun import Rerun
from animorch.commands.schema import Schema
from animorch.commands.status import Status
from animorch.commands.sync import Sync
from animorch.commands.train import Train
from animorch.hooks import hookimpl
from animorch.plugin import Command


@hookimpl
def animorch_commands() -> list[type[Command]]:
    ours = [Best, Caption, Dashboard, Doctor, Grid, Import, Models, PlanCommand, Report, Rerun, Schema]
    return [*ours, Status, Sync, Train]
