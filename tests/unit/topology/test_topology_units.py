"""Capacities and latencies with units."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contra.units import (
    CAPACITY_UNITS,
    LATENCY_UNITS,
    format_capacity,
    format_latency,
    parse_capacity,
    parse_latency,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("10Gbit", 10_000_000_000),
        ("10 Gbit/s", 10_000_000_000),
        ("10Gbps", 10_000_000_000),
        (" 10gbit ", 10_000_000_000),
        ("10Gb/s", 10_000_000_000),
        ("1.5Mbit", 1_500_000),
        ("800kbit", 800_000),
        ("800Kbit/s", 800_000),
        ("9.95328Gbit", 9_953_280_000),
        ("5000bit/s", 5_000),
        ("1Tbit", 10**12),
        ("1.1Gbit", 1_100_000_000),  # not representable in binary: read exactly
        ("1000Tbit", 10**15),
    ],
)
def test_capacities(text: str, bits: int):
    assert parse_capacity(text) == bits


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("10us", 10_000),
        ("2ms", 2_000_000),
        ("1.5s", 1_500_000_000),
        ("250ns", 250),
        ("0ms", 0),
        ("3 µs", 3_000),
        ("10s", 10**10),
    ],
)
def test_latencies(text: str, ns: int):
    assert parse_latency(text) == ns


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("10", "no unit"),
        ("Gbit", "expected a decimal number"),
        ("-1Gbit", "cannot be negative"),
        ("0Gbit", "outside 1kbit .. 1000Tbit"),
        ("1e5Mbit", "expected a decimal number"),
        ("NaN", "expected a decimal number"),
        ("inf", "expected a decimal number"),
        ("10 Gbt", "did you mean 'Gbit'"),
        ("10GBIT", "did you mean 'Gbit'"),
        ("10GB", "counts bytes"),
        ("10 MBps", "counts bytes"),
        ("10us", "unknown unit 'us'"),
        ("1001Tbit", "outside"),
        ("1000.5bit", "not a multiple of 1 bit/s"),
        ("9" * 1_000_000, "expected a decimal number"),
        ("1" + " " * 100_000 + "x", "unknown unit"),
        ("1\0Gbit", r"1\\x00Gbit"),
        ("١٠Gbit", "expected a decimal number"),
    ],
)
def test_bad_capacities_get_a_sentence(text: str, words: str):
    with pytest.raises(ValueError, match=re.escape(words).replace(r"\\\\", r"\\")) as caught:
        parse_capacity(text)
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5", "no unit"),
        ("-5us", "negative"),
        ("11s", "outside"),
        ("0.5ns", "multiple of 1 ns"),
        ("5 usec", "'us'"),
        ("1h", "unknown unit"),
    ],
)
def test_bad_latencies_get_a_sentence(text: str, words: str):
    with pytest.raises(ValueError, match=words):
        parse_latency(text)


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        (10**10, "10Gbit"),
        (2_500_000_000, "2.5Gbit"),
        (1_000, "1kbit"),
        (1_001, "1.001kbit"),
        (10**15, "1000Tbit"),
        (45_000_000, "45Mbit"),
    ],
)
def test_capacity_format(bits: int, text: str):
    assert format_capacity(bits) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0ns"),
        (999, "999ns"),
        (1_500, "1.5us"),
        (10_000, "10us"),
        (10**10, "10s"),
        (1_000_001, "1.000001ms"),
    ],
)
def test_latency_format(ns: int, text: str):
    assert format_latency(ns) == text


def test_the_schema_accepts_exactly_the_units():
    import json

    schema = json.loads((ROOT / "topologies/contra-topology.schema.json").read_text(encoding="utf-8"))
    for kind, units in (("capacity", CAPACITY_UNITS), ("latency", LATENCY_UNITS)):
        pattern = re.compile(schema["$defs"][kind]["pattern"])
        assert all(pattern.search(f"10{unit}") for unit in units)
        for wrong in ("10", "10GB", "10 sec", "-1Gbit", "1.Gbit", "10Gbit!", "10hs"):
            assert not pattern.search(wrong)
