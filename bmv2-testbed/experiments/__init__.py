"""The measurements on real switches, one module each; `measure.py` runs them. All but `speed` drive the command line."""
