"""The measurements on real switches, one module each; `measure.py` runs them."""
