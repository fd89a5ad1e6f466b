"""How many networks a test tries, and which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Test = Callable[..., None]


def examples(count: int) -> Callable[[Test], Test]:
    """Run a test with `count` seeds, the same ones every time under the repeatable profile.

    A network and all that happens to it comes from the seed: it is as rich in the first example as in the last, and
    messages describe it in full. Seeds do not shrink.
    """

    def decorate(test: Test) -> Test:
        wanted: Any = settings(
            max_examples=count,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            print_blob=False,
        )
        return wanted(given(seed=st.integers(0, 2**32 - 1))(test))  # type: ignore[no-any-return]

    return decorate
