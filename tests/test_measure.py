"""What is measured of a task's memory, and where it is written."""

import json
import sys
from pathlib import Path

from kubeflow.pod import measure
from pipeline.settings import make_settings

# Holds 60 MiB, and so does a process that it starts.
HOLDS = """
import subprocess, sys, time
held = bytearray(60 << 20)
if len(sys.argv) > 1:
    subprocess.run([sys.executable, "-c", sys.argv[1]])
time.sleep(0.3)
print("the end")
sys.exit(len(sys.argv) - 1)
"""


def test_the_memory_of_a_process_and_of_those_that_it_started_counts(tmp_path: Path) -> None:
    with open(tmp_path / "said", "w+") as said:
        code, alone = measure.peak_of([sys.executable, "-c", HOLDS], said)
        assert code == 0 and 60 <= alone < 110
        code, both = measure.peak_of([sys.executable, "-c", HOLDS, HOLDS], said)
    assert code == 1 and 120 <= both < 220
    assert (tmp_path / "said").read_text() == "the end\n" * 3


def test_a_row_takes_the_place_of_an_earlier_one_and_of_no_other(tmp_path: Path) -> None:
    table, peaks = tmp_path / "a.json", {"Trainer": 900}
    for family, profile, peak in (("vae", "smoke", 1), ("vae", "full", 2), ("vae", "smoke", 3)):
        settings = make_settings(model=family, profile=profile)
        measure.add_row(table, settings, f"measure {peak}", {"Trainer": peak})
    measure.add_row(table, make_settings(model="gan", profile="smoke"), "measure", peaks)
    rows = json.loads(table.read_text())
    assert rows["vae"]["smoke"]["command"] == "measure 3"
    assert rows["vae"]["smoke"]["peak_mib"] == {"Trainer": 3}
    assert rows["vae"]["full"]["peak_mib"] == {"Trainer": 2}
    assert rows["gan"]["smoke"]["peak_mib"] == peaks and rows["gan"]["smoke"]["cores"] > 0
