"""Viewer: a sweep, or several, as one page that opens from disk and needs nothing else.

Made from finished folders only; nothing is rendered. The page's own sources are in `assets/`: an HTML
template, style sheets and plain ES modules, which `document` puts into one file.
"""

from animorch.compare.viewer.build import ViewerResult, build_report, build_viewer

__all__ = ["ViewerResult", "build_report", "build_viewer"]
