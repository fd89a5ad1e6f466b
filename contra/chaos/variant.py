"""Another compilation of a network, near enough to be changed to while it runs: a copy of a build with other values.

Byte weights of links and MAC addresses of hosts are changed at random; programs, tables and keys stay, so that every
difference between the two is one of revision.
"""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from contra.engine.build import Build

_WEIGHT, _MAC = "weight", "mac"
_OWN = ("deploy",)
"""Folders that belong to the deployment of a build, not to the build."""


def make_variant(build: Build, folder: Path, seed: int) -> Path:
    """Write the variant that belongs to a seed into `folder`, in place of what was there."""
    random = Random(seed)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(build.folder, folder, ignore=shutil.ignore_patterns(*_OWN))
    manifest = json.loads(build.manifest.file.text)
    for row in manifest["switches"].values():
        file = folder / row["runtime"]
        text = _changed(file.read_text(encoding="utf-8"), random)
        file.write_text(text, encoding="utf-8")
        row["sha256"] = sha256(text.encode()).hexdigest()
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def _changed(text: str, random: Random) -> str:
    """A runtime.json with about half of its weights and addresses changed, at least one if there are any."""
    runtime = json.loads(text)
    fit = [entry for entry in runtime["table_entries"] if {_WEIGHT, _MAC} & entry["action_params"].keys()]
    if fit:
        for entry in random.sample(fit, (len(fit) + 1) // 2):
            _change(entry["action_params"], random)
    return json.dumps(runtime, indent=2, ensure_ascii=False) + "\n"


def _change(parameters: dict[str, Any], random: Random) -> None:
    if _WEIGHT in parameters:
        parameters[_WEIGHT] *= random.randint(2, 9)
    else:
        parameters[_MAC] = "06:" + ":".join(f"{random.randrange(256):02x}" for _ in range(5))
