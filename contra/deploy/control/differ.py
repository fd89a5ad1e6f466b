"""Two holdings side by side: what differs, and which updates lead from the one to the other.

The order of updates keeps a running network forwarding: what is pointed to is made before what points there, and
nothing goes before what takes its place has come. Groups first, then entries that come or change, then entries that
go, at last groups that nothing names any more. Default actions are always there, so they are only ever modified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from contra.deploy.control.model import (
    Altered,
    Difference,
    EntryKey,
    GroupKey,
    Holding,
    Key,
    Operation,
    Update,
)

_UNBOUNDED: Mapping[str, int] = {}


def compare(expected: Holding, found: Holding) -> Difference:
    """How what was found differs from what is expected; each list in the order of its own side."""
    altered = (
        Altered(key, content, found.contents[key])
        for key, content in expected.contents.items()
        if key in found.contents and found.contents[key] != content
    )
    return Difference(
        missing=tuple(key for key in expected.contents if key not in found.contents),
        extra=tuple(key for key in found.contents if key not in expected.contents),
        altered=tuple(altered),
    )


def changes(current: Holding, target: Holding, sizes: Mapping[str, int] = _UNBOUNDED) -> tuple[tuple[Update, ...], ...]:
    """Batches of updates that turn `current` into `target`, to be carried out one after the other; none if equal.

    `sizes` (table -> room for entries): where old and new entries do not fit side by side, the old ones of that table
    go first. Default actions that `target` does not name stay as they are.
    """
    coming = tuple(_coming(current, target))
    going = tuple(
        Update(Operation.DELETE, key, None) for key in current.contents if key not in target.contents and _goes(key)
    )
    crowded = _crowded(current, coming, sizes)
    return tuple(
        batch
        for batch in (
            tuple(update for update in coming if isinstance(update.key, GroupKey)),
            tuple(update for update in going if _table(update.key) in crowded),
            tuple(update for update in coming if isinstance(update.key, EntryKey)),
            tuple(u for u in going if isinstance(u.key, EntryKey) and u.key.table not in crowded),
            tuple(update for update in going if isinstance(update.key, GroupKey)),
        )
        if batch
    )


def _coming(current: Holding, target: Holding) -> Iterator[Update]:
    for key, content in target.contents.items():
        if key not in current.contents and _goes(key):
            yield Update(Operation.INSERT, key, content)
        elif current.contents.get(key) != content:
            yield Update(Operation.MODIFY, key, content)


def _goes(key: Key) -> bool:
    """Whether it can be there or not be there."""
    return isinstance(key, GroupKey) or not key.default


def _table(key: Key) -> str | None:
    return key.table if isinstance(key, EntryKey) else None


def _crowded(current: Holding, coming: Iterable[Update], sizes: Mapping[str, int]) -> set[str | None]:
    """Tables without room for the old and the new entries at once."""
    held = entry_counts(current)
    held.update(_table(update.key) or "" for update in coming if update.operation is Operation.INSERT)
    return {table for table, count in held.items() if table in sizes and count > sizes[table]}


def entry_counts(holding: Holding) -> Counter[str]:
    """Entries in each table, default actions not counted."""
    return Counter(key.table for key in holding.contents if isinstance(key, EntryKey) and not key.default)
