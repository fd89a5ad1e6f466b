"""Options of `measure.py` from words."""

from __future__ import annotations

import argparse

from experiments.options import Options, add_options, options_of


def options(*words: str) -> Options:
    """As the command reads them."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return options_of(parser.parse_args(words))
