"""The Jinja2 environment of all templates: undefined names are errors, nothing is escaped."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contra.resources import resource_dir


@cache
def environment(*folders: str) -> Environment:
    """The templates of folders of `p4templates/`; where several have one of a name, the first folder's."""
    return Environment(
        loader=FileSystemLoader([resource_dir("p4templates") / folder for folder in folders]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
