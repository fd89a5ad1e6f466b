"""Benchmarks: figures and ratios to look at, never asserted. See docs/performance.md."""
