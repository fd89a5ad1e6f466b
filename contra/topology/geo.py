"""Latency from geography."""

from __future__ import annotations

from math import asin, cos, isfinite, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0
NS_PER_KM = 5_000
"""Light in fibre: 5 us per km."""


def great_circle_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance of two (latitude, longitude) pairs in degrees, by the haversine formula."""
    lat_a, lon_a, lat_b, lon_b = (radians(x) for x in (*one, *other))
    chord = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))


def latency_of_km(kilometres: float) -> int:
    """ns that light takes, rounded to whole us (the coordinates are no better), at least 1 us."""
    return max(1, round(kilometres * NS_PER_KM / 1000)) * 1000


def is_position(latitude: object, longitude: object) -> bool:
    """Whether these are degrees on the globe."""
    return (
        isinstance(latitude, int | float)
        and isinstance(longitude, int | float)
        and isfinite(latitude)
        and isfinite(longitude)
        and abs(latitude) <= 90
        and abs(longitude) <= 180
    )
