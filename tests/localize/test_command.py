"""`contra localize` as a user calls it, on snapshots of networks that were broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.verifying import compiled, entries, held, remove, written

from contra.cli.contra import main as contra
from contra.deploy.control.journal import journal_path

LINK = "CHIN:1-IPLS:2"
TAKEN = "2025-01-02T03:04:05.678Z"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return compiled(tmp_path)


@pytest.fixture
def congestion(tmp_path: Path) -> Path:
    return compiled(tmp_path, "congestion-aware")


def localized(build: Path, snapshot: Any, capsys: Any, *options: str) -> tuple[int, str, str]:
    code = contra(["localize", str(build), "--snapshot", str(written(build.parent, snapshot)), *options])
    said = capsys.readouterr()
    return code, said.out, said.err


def suspects(build: Path, snapshot: Any, capsys: Any, *options: str) -> list[dict[str, Any]]:
    code, out, _ = localized(build, snapshot, capsys, "--json", *options)
    found = json.loads(out)
    assert code == (1 if found["failing"] else 0)
    return [each for hypothesis in found["hypotheses"] for each in hypothesis["suspects"]]


def named(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{each['kind']} {each['name']}" for each in rows]


def without_link(snapshot: dict[str, Any]) -> int:
    """All that comes from a link is gone; how many entries that is."""
    return sum(
        len(remove(snapshot, switch, lambda row: row["provenance"].get("link") == LINK)) for switch in ("CHIN", "IPLS")
    )


def test_a_network_as_compiled(build: Path, capsys: Any) -> None:
    code, out, err = localized(build, held(build), capsys)
    assert (code, err) == (0, "")
    assert out.endswith("nothing is broken\n")


def test_one_entry_broken_by_hand_leads_to_the_policy_line(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    remove(snapshot, "CHIN", lambda row: row.get("match") == {"hop": 1, "tag": 1})
    code, out, err = localized(build, snapshot, capsys)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[1].startswith("1. product node CHIN.1: ")
    policy = (build.parent / "waypoint.ctr").read_text(encoding="utf-8").splitlines()
    number = next(n for n, text in enumerate(policy) if "then path.util" in text)
    at = next(n for n, text in enumerate(lines) if text.endswith(policy[number]))
    column = policy[number].index("path.util")
    assert lines[at + 1].partition("| ")[2][column : column + len("path.util")] == "^" * len("path.util")
    assert f"waypoint.ctr:{number + 1}:{column + 1}" in out


@pytest.mark.parametrize("method", ["contra", "scout", "exact"])
def test_all_entries_of_a_link(method: str, build: Path, capsys: Any) -> None:
    snapshot = held(build)
    count = without_link(snapshot)
    [suspect] = suspects(build, snapshot, capsys, "--method", method)
    assert named([suspect]) == [f"link {LINK}"]
    assert suspect["failed"] == suspect["dependants"]
    assert method != "contra" or suspect["failed"] == count


def test_a_probe_class(congestion: Path, capsys: Any) -> None:
    """What is for class 1 is gone everywhere; it finds the paths for clause (2, path.len, path.util)."""
    snapshot = held(congestion)
    for switch in snapshot["switches"]:
        remove(snapshot, switch, lambda row: row.get("match", {}).get("pid") == 1)
    [suspect] = suspects(congestion, snapshot, capsys)
    assert named([suspect]) == ["probe class 1"]
    policy = (congestion.parent / "congestion-aware.ctr").read_text(encoding="utf-8").splitlines()
    [place] = [each for each in suspect["policy"] if each["text"].startswith("(2,")]
    assert policy[place["line"] - 1][place["column"] - 1 :].startswith("(2, path.len, path.util)")


def test_a_clause(congestion: Path, capsys: Any) -> None:
    """All that is for the second clause has a wrong rank rule. Only this clause names path.len."""
    snapshot = held(congestion)
    for switch in snapshot["switches"]:
        for row in entries(snapshot, switch, "product_node"):
            row["action_params"]["rule"] += row["match"]["pid"]
    code, out, _ = localized(congestion, snapshot, capsys)
    assert code == 1
    policy = (congestion.parent / "congestion-aware.ctr").read_text(encoding="utf-8").splitlines()
    number, text = next((n, text) for n, text in enumerate(policy, 1) if "(2, path.len" in text)
    lines = out.splitlines()
    assert lines[1].startswith(f"1. clause {number}:{text.index('(2, path.len') + 1}: ")
    assert "has the same entries as metric len: nothing tells them apart" in out
    at = lines.index(f"{number} | {text}")
    assert lines[at + 1][4:].startswith(" " * text.index("(2, path.len") + "^" * len("(2, path.len, path.util)"))


def test_the_field_that_differs(build: Path, capsys: Any) -> None:
    """The port of a neighbour is wrong at both ends: not the policy, the link."""
    snapshot = held(build)
    for switch in ("CHIN", "IPLS"):
        [row] = [each for each in entries(snapshot, switch, "hop_port") if each["provenance"]["link"] == LINK]
        row["action_params"]["port"] += 1
    _, out, _ = localized(build, snapshot, capsys)
    assert f"1. link {LINK}: 2 of 8 entries fail\n" in out
    assert "2 with another port; at CHIN, IPLS" in out


def test_a_switch_that_does_not_answer(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    snapshot["switches"]["KSCY"] = {"error": {"code": "CTR1101", "message": "nobody there"}}
    found = suspects(build, snapshot, capsys)
    assert named(found) == ["switch KSCY"]


def test_a_switch_that_is_empty_and_a_link_elsewhere(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    without_link(snapshot)
    snapshot["switches"]["LOSA"] = {"table_entries": [], "multicast_group_entries": []}
    assert set(named(suspects(build, snapshot, capsys))) == {"switch LOSA", f"link {LINK}"}


def test_the_model_of_each_switch(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    without_link(snapshot)
    _, out, _ = localized(build, snapshot, capsys, "--json", "--model", "both")
    found = json.loads(out)["hypotheses"]
    assert [(each["model"], each["switch"]) for each in found] == [
        ("controller", None),
        ("switch", "CHIN"),
        ("switch", "IPLS"),
    ]
    assert all(named(each["suspects"]) == [f"link {LINK}"] for each in found)


def test_one_entry_under_another_key(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    [row] = [row for row in entries(snapshot, "KSCY", "hosts") if "host" in row["provenance"]]
    row["match"]["address"] = "10.0.4.34"
    _, out, _ = localized(build, snapshot, capsys)
    assert out.startswith("1 entry or group fails: 1 suspect")
    assert "   1 under another key; at KSCY\n" in out
    assert "missing: hosts[address=10.0.4.2]: to_host(" in out
    assert "; hosts[address=10.0.4.34] is there instead" in out


def test_an_entry_that_nobody_asked_for(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    [row, *_] = entries(snapshot, "CHIN", "hop_port")
    rows = snapshot["switches"]["CHIN"]["table_entries"]
    rows.append({**row, "match": {"hop": 77}, "provenance": {}})
    assert named(suspects(build, snapshot, capsys)) == ["table CHIN.hop_port"]


# ------------------------------------------------------------------------------------------------ the log


def half(snapshot: dict[str, Any]) -> None:
    """One of the two entries of a host; the table of hosts of that switch has two."""
    remove(snapshot, "CHIN", lambda row: row["provenance"].get("host") == "hCHIN" and "hosts" in row["table"])


def test_a_change_log_decides(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    half(snapshot)
    for kind, name in (("host", "hCHIN"), ("table", "CHIN.hosts")):
        row = {"kind": kind, "name": name, "at": "2025-01-02T03:00:00Z", "text": "by hand"}
        (build.parent / "changes.json").write_text(json.dumps([row]), encoding="utf-8")
        code, out, err = localized(build, snapshot, capsys, "--changes", str(build.parent / "changes.json"))
        assert (code, err) == (1, "")
        assert f"1. {kind} {name}: " in out
        assert "changed 2025-01-02 03:00:00 UTC: by hand" in out


def journal(build: Path, *rows: tuple[str, str, dict[str, Any], dict[str, Any]]) -> None:
    """A journal of (time, action, object, provenance) at CHIN."""
    path = journal_path(build)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, (at, action, what, why) in enumerate(rows):
        row = {"time": f"2025-01-02T{at}.000Z", "monotonic_ns": number, "deployment": "contra", "revision": "r"}
        row |= {"switch": "CHIN", "action": action, "object": what, "provenance": why, "outcome": "ok"}
        lines.append(json.dumps(row) + "\n")
    path.write_text("".join(lines), encoding="utf-8")


def test_the_journal_is_the_log_unless_another_is_named(build: Path, capsys: Any) -> None:
    """What a switch was filled with is no change of it; what was written after it held all is one."""
    snapshot = held(build)
    half(snapshot)
    host = ({"table": "ContraIngress.deliver.hosts", "match": {"address": 1}}, {"host": "hCHIN"})
    link = ({"table": "ContraIngress.route.hop_port", "match": {"hop": 1}}, {"link": LINK})
    journal(
        build,
        ("03:00:00", "pipeline", {}, {}),
        ("03:00:01", "insert", *link),
        ("03:00:02", "applied", {}, {}),
        ("03:01:00", "modify", *host),
        ("03:01:01", "modify", {"table": "ContraIngress.ingress_port", "match": {"port": 3}}, {"host": "hCHIN"}),
    )
    _, out, _ = localized(build, snapshot, capsys, "--json", "--changes", "journal")
    found = json.loads(out)
    assert found["changes"] == 1
    [suspect] = found["hypotheses"][0]["suspects"]
    assert named([suspect]) == ["host hCHIN"]
    assert suspect["changes"][0]["text"] == "2 of 2 entries written"


@pytest.mark.parametrize(
    "line",
    ["", "[]", '{"time": 3}', "\x00", "[" * 10_000, '{"time": "never", "switch": "CHIN"}'],
)
def test_a_journal_that_cannot_be_read(line: str, build: Path, capsys: Any) -> None:
    snapshot = held(build)
    without_link(snapshot)
    path = journal_path(build)
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n", encoding="utf-8")
    code, out, err = localized(build, snapshot, capsys)
    assert code == 1
    assert f"1. link {LINK}: " in out
    assert "CTR1115" in err or not line


def test_nonsense_in_the_journal(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    without_link(snapshot)
    strange: list[Any] = [{"rules": [99]}, {"rules": "x"}, {"link": 3}, {"node": None, "host": {}}]
    writes = [("03:02:00", "modify", {"table": 7, "match": [1]}, why) for why in strange]
    journal(build, ("03:00:00", "pipeline", {}, {}), ("03:00:01", "applied", {}, {}), *writes)
    assert named(suspects(build, snapshot, capsys)) == [f"link {LINK}"]


def test_a_log_of_the_future(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    without_link(snapshot)
    row = {"kind": "link", "name": LINK, "at": "2036-01-02T03:00:00Z"}
    (build.parent / "changes.json").write_text(json.dumps([row]), encoding="utf-8")
    code, out, err = localized(build, snapshot, capsys, "--changes", str(build.parent / "changes.json"))
    assert code == 1
    assert "CTR1744" in err
    assert f"1. link {LINK}: " in out


@pytest.mark.parametrize(
    ("text", "code"), [("{}", "CTR1741"), ("", "CTR0206"), ('[{"kind": 3}]', "CTR1741"), (None, "CTR1001")]
)
def test_a_change_log_that_is_none(text: str | None, code: str, build: Path, capsys: Any) -> None:
    """It is told, and the hypothesis is that without a log."""
    path = build.parent / "changes.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    snapshot = held(build)
    without_link(snapshot)
    status, out, err = localized(build, snapshot, capsys, "--changes", str(path))
    assert (status, f"1. link {LINK}: " in out) == (1, True)
    assert code in err


def test_what_can_be_read_of_a_change_log_counts(build: Path, capsys: Any) -> None:
    """Also where the snapshot has something unknown in it."""
    path = build.parent / "changes.json"
    good = {"kind": "link", "name": LINK, "at": "2025-01-02T03:00:00Z", "text": "moved"}
    path.write_text(json.dumps([7, good, {**good, "at": "long ago"}]), encoding="utf-8")
    snapshot = held(build)
    without_link(snapshot)
    snapshot["switches"]["KSCY"]["table_entries"].append({"table": "nowhere", "match": {}, "action_name": "x"})
    status, out, err = localized(build, snapshot, capsys, "--changes", str(path))
    assert (status, f"1. link {LINK}: " in out) == (1, True)
    assert "changed 2025-01-02 03:00:00 UTC: moved" in out
    assert err.count("[CTR1741]") == 2 and "nowhere" in err


# ------------------------------------------------------------------------------------------------ the policy


def test_a_policy_that_has_changed_is_not_marked(build: Path, capsys: Any) -> None:
    """Lines would be those of another text; the place is still named."""
    policy = build.parent / "waypoint.ctr"
    policy.write_text("# another line\n" + policy.read_text(encoding="utf-8"), encoding="utf-8")
    snapshot = held(build)
    without_link(snapshot)
    code, out, _ = localized(build, snapshot, capsys)
    assert code == 1
    assert "waypoint.ctr:5:29" in out
    assert "^" not in out


def test_the_elements_of_scout_are_coarse(build: Path, capsys: Any) -> None:
    """One of the two entries of a table is gone; both belong to one element, so SCOUT sees a table that fails."""
    snapshot = held(build)
    remove(snapshot, "CHIN", lambda row: row["provenance"].get("link") == LINK and "hop_port" in row["table"])
    _, out, _ = localized(build, snapshot, capsys, "--method", "scout")
    assert "1. table CHIN.hop_port: 1 of 1 elements fail\n" in out
    [suspect] = suspects(build, snapshot, capsys)
    assert (suspect["failed"], suspect["dependants"]) == (1, 2)


def test_a_build_without_a_policy(tmp_path: Path, capsys: Any) -> None:
    topology = Path(__file__).parent.parent.parent / "topologies" / "abilene.json"
    made = tmp_path / "ecmp"
    assert contra(["baseline", "ecmp", str(topology), "-o", str(made)]) == 0
    capsys.readouterr()
    snapshot = held(made)
    for rows in snapshot["switches"]["CHIN"].values():
        rows[:] = [row for row in rows if not row.get("table", "").endswith((".hosts", ".destination"))]
    code, out, err = localized(made, snapshot, capsys)
    assert (code, err) == (1, "")
    assert "table CHIN.hosts: all 2 entries fail" in out
    assert "table CHIN.destination: its only entry fails" in out


def test_a_snapshot_of_another_build(build: Path, capsys: Any) -> None:
    """Another revision, and entries of tables that the program does not have: told, and the rest is looked at."""
    snapshot = {**held(build), "revision": "0123456789ab"}
    without_link(snapshot)
    [row, *_] = entries(snapshot, "KSCY", "hop_port")
    snapshot["switches"]["KSCY"]["table_entries"].append({**row, "table": "Other.table"})
    code, out, err = localized(build, snapshot, capsys)
    assert code == 1
    assert f"1. link {LINK}: all 8 entries fail" in out
    assert "CTR1703" in err
    assert "CTR0950" in err
