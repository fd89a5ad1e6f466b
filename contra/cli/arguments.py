"""Option values and the parser that all commands use: errors say what was found and what was expected."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from contra import __version__
from contra.cli.frame import USAGE, Manner, say
from contra.options import ProtocolOptions
from contra.suggest import did_you_mean

MAX_SLOTS = 65536
"""Most flowlet slots: the flow hash has 16 bits."""
MAX_PERIOD_US = 60_000_000
"""Longest probe period, one minute: beyond it a network does not converge in any useful time."""


class Parser(argparse.ArgumentParser):
    """An argument parser with short errors and near names, in JSON where the command line asks for that."""

    def __init__(self, **options: object) -> None:
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]
        self._negative_number_matcher = re.compile(r"-\.?[0-9]")  # "-5Gbit" is a wrong value, not an option
        self._given: Sequence[str] = ()

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Remember the arguments, for the errors. A parser below another one leaves nothing for that one."""
        self._given = sys.argv[1:] if args is None else args
        parsed, unknown = super().parse_known_args(args, namespace)
        for text in unknown:
            self._refuse(text)
        return parsed, unknown

    def _refuse(self, text: str) -> NoReturn:
        if text.startswith("-"):
            near = did_you_mean(text.split("=")[0], self._long_options())
            self.error(f"unknown option '{text}'" + (f"; {near}" if near else ""))
        self.error(f"unexpected argument '{text}'")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """One of the choices, or an error with the near one."""
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            near = did_you_mean(str(value), known)
            hint = f"; {near}" if near else ""
            raise argparse.ArgumentError(action, f"found '{value}', expected one of {', '.join(known)}{hint}")

    def _long_options(self) -> list[str]:
        parsers: list[argparse.ArgumentParser] = [self]
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
        actions = [action for parser in parsers for action in parser._actions]
        return [text for action in actions for text in action.option_strings if text.startswith("--")]

    def error(self, message: str) -> NoReturn:
        """End with exit code 2 and what is wrong with the command line."""
        if message.startswith("the following arguments are required"):
            known = self._long_options()
            for text in self._given:  # what is missing may be misspelt
                if text.startswith("--") and text != "--" and text.split("=")[0] not in known:
                    self._refuse(text)
        text = f"{self.prog}: error: {message}\n{self.format_usage()}try '{self.prog} --help'\n"
        usage_error(self.prog, message, text, wants_json(self._given))
        sys.exit(USAGE)


def wants_json(argv: Sequence[str]) -> bool:
    """Whether arguments that nobody has parsed yet ask for messages as JSON."""
    return "--error-format=json" in argv or ("--error-format", "json") in pairwise(argv)


def usage_error(program: str, message: str, text: str, as_json: bool) -> None:
    """Say what is wrong with a command line: as `text`, or as JSON."""
    manner = Manner(error_format="json" if as_json else "text")
    say(text, manner, f"{program}: {message}", severity="usage", helps=[f"{program} --help"])


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace | int:
    """The parsed arguments, or the exit code where the parser has said all there is to say."""
    try:
        return parser.parse_args(sys.argv[1:] if argv is None else list(argv))
    except SystemExit as end:
        return int(end.code or 0)


def add_version(parser: argparse.ArgumentParser) -> None:
    """`--version`."""
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")


def add_manner(parser: argparse.ArgumentParser, inner: bool = False) -> None:
    """The options that say how messages look; `inner` for a parser below one that has them already."""
    group = parser.add_argument_group("messages")

    def add(*names: str, default: object, **options: Any) -> None:
        group.add_argument(*names, default=argparse.SUPPRESS if inner else default, **options)

    add("--color", choices=("auto", "always", "never"), default="auto", help="colour messages (auto)")
    add("--error-format", choices=("text", "json"), default="text", help="messages for people or programs")
    add("-v", "--verbose", action="store_true", default=False, help="say more: times, tracebacks of our bugs")


def add_link_defaults(parser: argparse._ActionsContainer) -> None:
    """`--capacity` and `--latency`."""
    parser.add_argument("--capacity", type=capacity, metavar="RATE", help="of links that name none, such as 10Gbit")
    parser.add_argument("--latency", type=latency, metavar="TIME", help="of links that name none, such as 1ms")


# ------------------------------------------------------------------------------------------ value types


def _sentence(parse_value: Callable[[str], int]) -> Callable[[str], int]:
    """Turn the ValueError of a unit parser into a usage error."""

    def convert(text: str) -> int:
        try:
            return parse_value(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def some_text(text: str) -> str:
    """A text that is not empty, as an unset shell variable is."""
    if not text:
        raise argparse.ArgumentTypeError("expected a name, found an empty text")
    return text


def file_name(text: str) -> Path:
    """A path that is not empty, and that the system can have."""
    if "\0" in text:
        raise argparse.ArgumentTypeError("expected a name, found a text with a NUL character")
    return Path(some_text(text))


@_sentence
def capacity(text: str) -> int:
    """bit/s."""
    from contra.units import parse_capacity

    return parse_capacity(text)


@_sentence
def latency(text: str) -> int:
    """ns."""
    from contra.units import parse_latency

    return parse_latency(text)


@_sentence
def duration(text: str) -> int:
    """ns, up to hours."""
    from contra.units import parse_duration

    return parse_duration(text)


_TIME = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?\s*(us|µs|μs|ms|s)")
_MICROSECONDS = {"us": 1, "µs": 1, "μs": 1, "ms": 1000, "s": 1_000_000}


@_sentence
def period(text: str) -> int:
    """Whole microseconds, more than none and at most MAX_PERIOD_US."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ValueError(f"found '{text[:40]}', expected a time such as 256ms or 200us")
    whole, part, unit = found.groups()
    scale: int = 10 ** len(part or "")
    value = int(whole + (part or "")) * _MICROSECONDS[unit]
    if value % scale:
        raise ValueError(f"'{text}' is no whole number of microseconds")
    if not 0 < value // scale <= MAX_PERIOD_US:
        raise ValueError(f"'{text}' is outside 1us .. {MAX_PERIOD_US // 1_000_000}s")
    return value // scale


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`."""

    @_sentence
    def convert(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"found '{text[:40]}', expected a whole number from {low} to {high}")
        return int(text)

    return convert


@_sentence
def slots(text: str) -> int:
    """A power of two up to MAX_SLOTS."""
    value = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else 0
    if not 2 <= value <= MAX_SLOTS:
        raise ValueError(f"found '{text[:40]}', expected a power of two from 2 to {MAX_SLOTS}")
    if value & (value - 1):
        below = 1 << (value.bit_length() - 1)
        raise ValueError(f"found {value}, expected a power of two such as {below} or {min(2 * below, MAX_SLOTS)}")
    return value


def names(known: Iterable[str]) -> Callable[[str], frozenset[str]]:
    """A comma-separated list of names out of `known`."""
    legal = tuple(known)

    def convert(text: str) -> frozenset[str]:
        found = [name.strip() for name in text.split(",") if name.strip()]
        for name in found:
            if name not in legal:
                near = did_you_mean(name, legal)
                hint = f"; {near}" if near else ""
                raise argparse.ArgumentTypeError(f"unknown part '{name}'{hint} (known: {', '.join(legal)})")
        if not found:
            raise argparse.ArgumentTypeError(f"expected some of {', '.join(legal)}")
        return frozenset(found)

    return convert


def add_protocol(parser: argparse.ArgumentParser) -> None:
    """The constants of the probe protocol."""
    default = ProtocolOptions()
    group = add_times(parser, "protocol constants")
    group.add_argument("--pin", type=whole(1, 64), metavar="N", default=default.pin_periods,
                       help="probe periods after which a flowlet without a gap may change its path (32)")  # fmt: skip
    group.add_argument("--loop-threshold", type=whole(1, 254), metavar="N", default=default.loop_threshold,
                       help="spread of TTLs, in hops, above which a loop is suspected (3)")  # fmt: skip
    group.add_argument("--authenticate", action="store_true", default=default.authenticate,
                       help="probes carry a keyed hash; each switch needs the key in its table probe_key")  # fmt: skip


def add_times(parser: argparse.ArgumentParser, title: str) -> argparse._ArgumentGroup:
    """The constants that other schemes have too; the group of options that they are in."""
    default = ProtocolOptions()
    group = parser.add_argument_group(title)
    group.add_argument("--probe-period", type=period, metavar="TIME", default=default.probe_period_us,
                       help="time between two probes of a destination (256ms)")  # fmt: skip
    group.add_argument("--flowlet-timeout", type=period, metavar="TIME", default=default.flowlet_timeout_us,
                       help="gap after which a flow may change its path (50ms)")  # fmt: skip
    group.add_argument("--expiry", type=whole(1, 64), metavar="N", default=default.expiry_periods,
                       help="probe periods after which an entry without refresh is dead (3)")  # fmt: skip
    group.add_argument("--failure", type=whole(1, 64), metavar="N", default=default.failure_periods,
                       help="probe periods of silence after which a port has failed (3)")  # fmt: skip
    group.add_argument("--flowlet-slots", type=slots, metavar="N", default=default.flowlet_slots,
                       help="slots of the flowlet tables, a power of two (1024)")  # fmt: skip
    return group


def protocol(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> ProtocolOptions:
    """The protocol constants as given; ends with a usage error where they do not go together.

    A command that lacks an option has its default.
    """
    default = ProtocolOptions()
    life = arguments.probe_period * arguments.expiry
    if arguments.flowlet_timeout > life:
        parser.error(
            f"--flowlet-timeout of {_time(arguments.flowlet_timeout)} is longer than table entries live "
            f"({arguments.expiry} probe periods of {_time(arguments.probe_period)}): "
            "flowlets would follow paths that have died"
        )
    return ProtocolOptions(
        probe_period_us=arguments.probe_period,
        flowlet_timeout_us=arguments.flowlet_timeout,
        expiry_periods=arguments.expiry,
        failure_periods=arguments.failure,
        pin_periods=getattr(arguments, "pin", default.pin_periods),
        loop_threshold=getattr(arguments, "loop_threshold", default.loop_threshold),
        flowlet_slots=arguments.flowlet_slots,
        authenticate=getattr(arguments, "authenticate", default.authenticate),
    )


def _time(microseconds: int) -> str:
    for unit, factor in (("s", 1_000_000), ("ms", 1000)):
        if microseconds % factor == 0:
            return f"{microseconds // factor}{unit}"
    return f"{microseconds}us"
