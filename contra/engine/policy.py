"""The policy of a build, checked against its network."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from contra import syntax
from contra.check import check
from contra.check.model import CheckedPolicy
from contra.diagnostics import Reporter
from contra.engine.build import Build
from contra.source import SourceFile


def policy_of(build: Build) -> CheckedPolicy | None:
    """The policy that a build was made from; None for a scheme that has none.

    Read from the user's own file if that is still the same, so that places are those that the user knows; else from
    the build's copy. Warnings about it were given when it was compiled.
    """
    if build.policy is None:
        return None
    source = _original(build) or build.policy
    quiet = Reporter()
    checked = check(syntax.parse(source, quiet), build.topology, quiet, source)
    quiet.check()
    return checked


def _original(build: Build) -> SourceFile | None:
    for given in build.manifest.inputs:
        if given.kind == "policy" and given.file.endswith(".ctr"):
            try:
                data = Path(given.file).read_bytes()
                text = data.decode("utf-8-sig")
            except (OSError, ValueError):
                return None
            if sha256(data).hexdigest() == given.sha256:
                return SourceFile(given.file, text)
    return None
