"""How the guide is built: `sphinx-build -W docs docs/_build`. Every page is Markdown; a warning is an error."""

project = "point-gateway"
author = "The point-gateway authors"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "point-gateway"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# Diagrams are drawn by the places that show the source; here they stay text, and not every lexer knows their words.
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure"]
