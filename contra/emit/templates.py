"""The Jinja2 environment of all templates: undefined names are errors, nothing is escaped."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contra.resources import resource_dir


@cache
def environment(folder: str) -> Environment:
    """The templates of one folder of `p4templates/`."""
    return Environment(
        loader=FileSystemLoader(resource_dir("p4templates") / folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
