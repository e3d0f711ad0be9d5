"""Clips as files: writing them, reading them back, and the metadata they carry.

ffmpeg is called in here and nowhere else. Importing this costs nothing: numpy, Pillow and ffmpeg
are imported when a clip is written or read.
"""

from animorch.media.captions import captions_of
from animorch.media.compared import compared, comparisons
from animorch.media.decoded import decoded
from animorch.media.decoder import decode
from animorch.media.encoder import FORMATS, Quality, encode, encode_stream
from animorch.media.filtered import filtered
from animorch.media.metadata import Probe, probe, read_metadata, sidecar
from animorch.media.still import poster, save_image
from animorch.media.stream import Stream
from animorch.media.texts import texts_of

__all__ = [
    "FORMATS",
    "Probe",
    "Quality",
    "Stream",
    "captions_of",
    "compared",
    "comparisons",
    "decode",
    "decoded",
    "encode",
    "encode_stream",
    "filtered",
    "poster",
    "probe",
    "read_metadata",
    "save_image",
    "sidecar",
    "texts_of",
]
