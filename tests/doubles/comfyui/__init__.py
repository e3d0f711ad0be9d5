"""A double of the ComfyUI server: its protocol, its habits and its moods, without torch.

`with Double("slow=0.01, oom@2") as double:` serves at `double.url`; `double.mood = "restart@3"` changes it
while it runs (see `moods.NAMES`), `double.restart()` restarts it at once. `double.jobs`, `renders`,
`requests` and `queue_now` say what it was asked and what it did. It does what a real server (0.3.64 with
AnimateDiff-Evolved, VideoHelperSuite and FizzNodes) was seen to do; its frames are a function of the graph.
"""

from .double import Double

__all__ = ["Double"]
