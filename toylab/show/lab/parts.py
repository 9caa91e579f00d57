"""Of what the page that trains is made."""

from __future__ import annotations

from toylab.show.bundle import SCRIPTS

HOME = SCRIPTS / "lab"
# What a worker needs is all that the engine is.
ENGINE = (HOME / "engine" / "serve.js",)
PAGE = (HOME / "page" / "main.js",)
# The constant that holds the engine.
NAME = "toylabEngine"
