"""What a run writes beside its report: captures, the picture; and the frames that its hosts send."""

from __future__ import annotations

import json
import shutil
import subprocess
import warnings
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from support.builds import topology_of
from support.running import DIAMOND, MS, build, observe

from contra.diagnostics import Reporter
from contra.engine.frames import udp_head
from contra.engine.inputs import Endpoint
from contra.engine.run.experiment import Observation
from contra.engine.run.picture import draw, figure
from contra.engine.run.plan import make_plan

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.utils import rdpcap


@pytest.fixture(scope="module")
def diamond(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("diamond"), "minimize(path.lat)", DIAMOND)


# ------------------------------------------------------------------------------------------------ frames


@pytest.mark.parametrize(
    ("source", "target"), [(Endpoint(0, 0), Endpoint(3, 1)), (Endpoint(0, None), Endpoint(3, None))]
)
@pytest.mark.parametrize("ecn", [False, True])
def test_frames_are_udp_that_scapy_agrees_with(source: Endpoint, target: Endpoint, ecn: bool) -> None:
    topology = topology_of(DIAMOND)
    frame = udp_head(topology, source, target, (1024, 9), 1000, ecn) + bytes(1000 - 42)
    packet = Ether(frame)
    given = packet[IP].chksum
    del packet[IP].chksum
    assert Ether(bytes(packet))[IP].chksum == given
    assert (packet[IP].len, packet[UDP].len) == (986, 966)
    assert packet[IP].tos == (2 if ecn else 0) and (packet[UDP].sport, packet[UDP].dport) == (1024, 9)
    expected = ("10.0.0.2", "10.0.3.2") if source.host is not None else ("10.0.0.1", "10.0.3.1")
    assert (packet[IP].src, packet[IP].dst) == expected
    assert packet.src != packet.dst and int(packet.src.replace(":", ""), 16) >> 40 == 2


# ------------------------------------------------------------------------------------------------ captures


def test_captures_hold_every_packet_of_a_port(diamond: Path, tmp_path: Path) -> None:
    _, report = observe(diamond, for_ms=120, traffic=["hA:hD:8Mbit"], pcap=tmp_path / "caps")
    names = {path.name for path in (tmp_path / "caps").iterdir()}
    assert names == {f"{end}.pcap" for end in ("A-1", "A-2", "A-3", "B-1", "B-2", "C-1", "C-2", "D-1", "D-2", "D-3")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sent, received = (rdpcap(str(tmp_path / "caps" / f"{end}.pcap")) for end in ("A-1", "B-1"))
        entered = [Ether(bytes(packet)) for packet in rdpcap(str(tmp_path / "caps" / "A-3.pcap"))]
    shims = [[packet for packet in packets if packet.type == 0x88B6] for packets in (sent, received)]
    assert len(shims[0]) == report.flows[0].delivered + 0 == len(shims[1])
    # From A to B: 1008 bytes at 10 Gbit/s, and 10 us; a capture has whole nanoseconds
    gaps = {round((there.time - here.time) * 10**9) for here, there in zip(*shims, strict=True)}
    assert gaps <= {10806, 10807} and {packet.wirelen for packet in shims[0]} == {1008}
    assert len(entered) >= len(shims[0]) and all(packet[UDP].dport == 9 for packet in entered)
    assert len([packet for packet in sent if packet.type == 0x88B5]) > 10  # probes, both ways
    times = [packet.time for packet in sent]
    assert times == sorted(times)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_captures_with_the_dissector_of_the_build(diamond: Path, tmp_path: Path) -> None:
    observe(diamond, for_ms=60, traffic=["hA:hD:8Mbit"], pcap=tmp_path / "caps")
    lua = diamond / "tools" / "contra.lua"
    command = ["tshark", "-X", f"lua_script:{lua}", "-r", str(tmp_path / "caps" / "A-1.pcap"), "-V"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Contra" in done.stdout and "0x88b5" in done.stdout.lower()
    assert "malformed packet" not in done.stdout.lower() and "Dst Port: 9" in done.stdout


# ------------------------------------------------------------------------------------------------ pictures

ROWS = [
    {"from": "hA", "to": "hD", "rate": "8Mbit", "start": "50ms"},
    {"from": "hD", "to": "hA", "rate": "80kbit", "flows": 5},
    {"from": "A", "to": "D", "rate": "4Mbit", "start": "100ms", "stop": "300ms"},
]


@pytest.fixture(scope="module")
def seen(diamond: Path, tmp_path_factory: pytest.TempPathFactory) -> Observation:
    path = tmp_path_factory.mktemp("traffic") / "rows.json"
    path.write_text(json.dumps(ROWS))
    return observe(diamond, traffic=[str(path)], fail=["A-B@200ms..300ms", "C@400ms..450ms"])[0]


def test_a_picture_as_png_and_as_svg(seen: Observation, tmp_path: Path) -> None:
    for kind in ("png", "svg", "PNG"):
        (tmp_path / f"a.{kind}").write_bytes(draw(seen, kind))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG\r\n") and (tmp_path / "a.PNG").stat().st_size > 20_000
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    before = (tmp_path / "a.svg").read_bytes()
    (tmp_path / "a.svg").write_bytes(draw(seen, "svg"))
    assert (tmp_path / "a.svg").read_bytes() == before


def texts(drawn: Any) -> list[tuple[str, Any]]:
    """Every text of a figure and its box, in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    found = [text for text in drawn.findobj(Text) if text.get_visible() and text.get_text().strip()]
    inside = [text for text in found if text.axes is None or text.axes.axison]
    return [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in inside]


def test_the_picture_says_what_the_report_says_and_nothing_is_covered(seen: Observation) -> None:
    drawn = figure(seen)
    boxes = [(text, box) for text, box in texts(drawn) if box.width > 1]
    words = {text for text, _ in boxes}
    assert {"hA → hD", "hD → hA", "hD → hA  ×5", "A → B", "A-B down", "C down", "virtual time in ms"} <= words
    assert {"A – B – D", "A – C – D", "D – B – A"} <= words
    width, height = drawn.canvas.get_width_height()
    for text, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, f"{text} is cut off"
    for (text, box), (other, second) in combinations(boxes, 2):
        assert not box.padded(-1).overlaps(second.padded(-1)), f"'{text}' and '{other}' overlap"


def test_a_picture_without_flows_has_the_links_alone(diamond: Path, tmp_path: Path) -> None:
    alone, _ = observe(diamond, for_ms=30)
    words = {text for text, _ in texts(figure(alone))}
    assert "Load of the busiest links" in words and "Paths of the flows" not in words


def test_many_flows_share_a_line(diamond: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"from": "hA", "to": "hD", "rate": "8kbit", "size": 1000 + n} for n in range(12)]))
    many, _ = observe(diamond, for_ms=100, traffic=[str(path)])
    assert "6 others" in {text for text, _ in texts(figure(many))}


def test_an_interrupted_start_can_be_drawn(diamond: Path) -> None:
    def press(_: Any) -> None:
        raise KeyboardInterrupt

    short, report = observe(diamond, traffic=["hA:hD:8Mbit"], watch=press)
    assert report.time_ps < 2 * MS and report.flows[0].sent == 0
    assert draw(short, "png").startswith(b"\x89PNG")


def test_defaults_of_a_plan() -> None:
    topology = topology_of(DIAMOND)
    plan = make_plan(topology, 10 * MS, (), (), None, Reporter())
    assert (plan.until_ps, plan.quiet_ps, plan.shocks()) == (200 * MS, 200 * MS, [])
