"""Machine: the model in memory, and what is left in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.doubles.a1111.stock import Checkpoint, MotionModule


@dataclass
class Machine:
    """injected: motion modules sit in the UNet. hacked: the extension knows, and takes them out next time.

    Injected and not hacked is poisoned. A checkpoint loaded while they sit there is corrupt until it is
    loaded again. spent is a module whose weights were lost by such a load of another config.
    """

    loaded: Checkpoint
    known: set[str] = field(default_factory=set)  # files hashed by now, whose title has the hash
    injected: bool = False
    hacked: bool = False
    corrupt: bool = False
    spent: str = ""
    module: MotionModule | None = None

    @property
    def poisoned(self) -> bool:
        return self.injected and not self.hacked

    def load(self, checkpoint: Checkpoint) -> None:
        self.known.add(checkpoint.file)
        if checkpoint == self.loaded:
            return
        if self.injected and checkpoint.base != self.loaded.base and self.module:
            self.spent = self.module.file
        self.corrupt = self.injected
        self.loaded = checkpoint

    def inject(self, module: MotionModule | None) -> bool:
        """Put a module in, another one out; False where the extension gives up (the server answers 200)."""
        self.injected = False
        if module is None or module.base != self.loaded.base or module.file == self.spent:
            return False
        self.spent = ""
        self.module, self.injected = module, True
        return True

    def restore(self) -> None:
        self.injected = self.hacked = False

    def title(self, checkpoint: Checkpoint) -> str:
        return checkpoint.title if checkpoint.file in self.known else checkpoint.file
