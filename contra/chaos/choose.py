"""What is to break, drawn from a seed: the same seed and build give the same choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from contra.chaos.errors import NothingToBreak
from contra.chaos.faults import Alteration, Choice, Fault
from contra.deploy.control.differ import compare, entry_counts
from contra.deploy.control.model import Action, EntryKey, Holding, Key
from contra.deploy.control.names import Names
from contra.diagnostics import CompileError

_PUSHES = (Fault.AGENT_CRASH, Fault.DROP_WRITES, Fault.CUT_PUSH)
"""Faults that come while the controller writes."""
_CHANGING = 0.5
"""How often that is a change of all switches."""
_DROPPED = 4
"""At most one in so many entries of a switch is dropped, at least one."""


def choose(fault: Fault, seed: int, holdings: Sequence[Holding], only: Sequence[int] = ()) -> Choice:
    """Draw what breaks, among the switches of `only` (all, if none is named). `holdings`: what each should hold.

    Raises CompileError (CTR1901) where no switch has anything that this fault could break.
    """
    random = Random(f"{fault.value} {seed}")
    fit = [index for index in only or range(len(holdings)) if _breakable(fault, holdings[index])]
    if not fit:
        raise CompileError([NothingToBreak(fault=fault.value)])
    index = random.choice(fit)
    holding = holdings[index]
    choice = Choice(fault=fault, switch=index, seed=random.getrandbits(32), among=tuple(only))
    choice = replace(choice, changing=(fault in _PUSHES and random.random() < _CHANGING) or fault is Fault.STALE)
    if fault is Fault.TABLE_FULL:
        table, entries = random.choice(_crowdable(holding))
        return replace(choice, table=table, size=random.randint(1, entries - 1), admits=random.random() < 0.5)
    if fault is Fault.CORRUPT:
        return replace(choice, keys=frozenset([random.choice(_alterable(holding))]))
    return _struck(choice, _written(holding), random)


def choose_in_change(choice: Choice, before: Sequence[Holding], after: Sequence[Holding]) -> Choice:
    """What a fault strikes that comes while all switches change: where, and which of the changes.

    Where nothing changes in a way that it could strike, it is to come while a switch is filled anew; STALE cannot.
    Raises CompileError (CTR1901) for that.
    """
    random = Random(choice.seed)
    changes = {index: _changes(before[index], after[index]) for index in choice.among or range(len(after))}
    least = 2 if choice.fault in (Fault.AGENT_CRASH, Fault.CUT_PUSH) else 1
    fit = [index for index, keys in changes.items() if len(keys) >= least]
    if fit:
        index = random.choice(fit)
        return _struck(replace(choice, switch=index), changes[index], random)
    if choice.fault is Fault.STALE:
        raise CompileError([NothingToBreak(fault=choice.fault.value)])
    return replace(choice, changing=False)


def _struck(choice: Choice, keys: Sequence[Key], random: Random) -> Choice:
    """Which of the writes of a push a fault strikes."""
    if choice.fault is Fault.DROP_WRITES:
        number = random.randint(1, max(1, len(keys) // _DROPPED))
        return replace(choice, keys=frozenset(random.sample(keys, number)))
    if choice.fault in (Fault.AGENT_CRASH, Fault.CUT_PUSH):
        return replace(choice, after=random.randint(1, len(keys) - 1))
    return choice


def _changes(before: Holding, after: Holding) -> list[Key]:
    """What has to be written to get from the one to the other."""
    difference = compare(after, before)
    return [*difference.missing, *difference.extra, *(each.key for each in difference.altered)]


def alteration(seed: int, key: EntryKey, content: Action, names: Names) -> Alteration:
    """Another value for one parameter of an entry."""
    random = Random(seed)
    number = random.randrange(len(content.parameters))
    name, value = content.parameters[number]
    bits = next(each.bits for each in names.actions[content.name].parameters if each.name == name)
    other = value ^ random.randint(1, (1 << min(bits, 32)) - 1)
    changed = tuple((each, other if each == name else old) for each, old in content.parameters)
    return Alteration(key, Action(content.name, changed))


def _breakable(fault: Fault, holding: Holding) -> bool:
    if fault is Fault.TABLE_FULL:
        return bool(_crowdable(holding))
    if fault is Fault.CORRUPT:
        return bool(_alterable(holding))
    return len(_written(holding)) > 1


def _crowdable(holding: Holding) -> list[tuple[str, int]]:
    """Tables that can have less room than they need, with their entries."""
    return sorted((table, entries) for table, entries in entry_counts(holding).items() if entries > 1)


def _written(holding: Holding) -> list[Key]:
    """What is written when a switch is filled anew, but for default actions, which always are there."""
    return [key for key in holding.contents if not (isinstance(key, EntryKey) and key.default)]


def _alterable(holding: Holding) -> list[EntryKey]:
    contents: Mapping[Key, object] = holding.contents
    return [
        key
        for key, content in contents.items()
        if isinstance(key, EntryKey) and not key.default and isinstance(content, Action) and content.parameters
    ]
