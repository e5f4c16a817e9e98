#!/usr/bin/env python3
"""bench_report_test.py REPORT: runs of the measures of the provisioner, one after the other into one file: all keys, each with the run it is of."""
import json
import pathlib
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    place = pathlib.Path(folder)

    def run(name, results, environment, *files):
        (place / "results").write_text(results)
        (place / "environment").write_text(environment)
        subprocess.run([sys.executable, sys.argv[1], place / "results", place / "environment", *files], check=True, stdout=subprocess.DEVNULL)
        return json.loads((place / name).read_text())

    first = run("all.json", "plan_initial_s 21.5\npush_ops_s 3400\nscimmy_floor_ops_s 1000\nscimmy_ops_s 850\nreconcile_s 40\n", "commit=aaa\n", place / "all.json")
    assert first["plan_noop_2m_s"] is None and first["scimmy_ratio"] == 0.85 and len(first) == 16, first

    both = run("all.json", "plan_noop_2m_s 71\nrss_2m_mb 140\n", "commit=bbb\nmany=200000\n", "", place / "all.json")
    assert both["plan_noop_2m_s"] == 71 and both["rss_2m_mb"] == 140, both
    assert both["plan_initial_s"] == 21.5 and both["scimmy_ratio"] == 0.85, both
    assert both["environment"] == {"commit": "aaa"}, both
    assert both["added"] == [{"keys": ["plan_noop_2m_s", "rss_2m_mb"], "environment": {"commit": "bbb", "many": "200000"}}], both

    again = run("all.json", "rss_2m_mb 150\nreconcile_s 50\n", "commit=ccc\n", "", place / "all.json")
    assert again["rss_2m_mb"] == 150 and again["reconcile_s"] == 50 and again["plan_noop_2m_s"] == 71, again
    assert [a["keys"] for a in again["added"]] == [["plan_noop_2m_s"], ["reconcile_s", "rss_2m_mb"]], again
    assert list(again)[:2] == ["plan_initial_s", "plan_noop_s"], again
