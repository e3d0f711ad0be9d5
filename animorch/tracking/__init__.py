"""MLflow as a projection of the records on disk. Importing this imports no mlflow."""

from animorch.tracking.ledger import Ledger, in_step
from animorch.tracking.projection import project
from animorch.tracking.store import default_uri
from animorch.tracking.training import TrainingProjection
from animorch.tracking.writer import Writer

__all__ = ["Ledger", "TrainingProjection", "Writer", "default_uri", "in_step", "project"]
