"""How well localization finds faults that were put in: `python -m bench.localization --help`."""
