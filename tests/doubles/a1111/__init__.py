"""A protocol double of A1111 (webui 1.10.1) with sd-webui-animatediff: it answers as the real one does.

Written from measurements of a real server; it shares no code with either project.
"""

from tests.doubles.a1111.double import Double
from tests.doubles.a1111.job import Job
from tests.doubles.a1111.mood import Mood
from tests.doubles.a1111.stock import Checkpoint, Lora, MotionModule, Stock

__all__ = ["Checkpoint", "Double", "Job", "Lora", "Mood", "MotionModule", "Stock"]
