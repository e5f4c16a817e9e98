#!/usr/bin/env python3
"""provision_report.py RESULTS ENVIRONMENT JSON [INTO]: what was measured against what is aimed at, as a table and as JSON.

RESULTS has lines "key value"; JSON may be empty: no file.  INTO: a file that another run wrote: what was measured now takes its place there,
and all else stays; "added" says which keys are of which run, and where that ran."""
import json
import os
import sys

# Key, and what it is to be: at most (<) or at least (>); None: no aim of its own.
AIMS = [("plan_initial_s", "<", 30), ("plan_noop_s", "<", 2), ("rss_mb", "<", 256), ("change_p95_s", "<", 2), ("revoke_p95_s", "<", 1),
        ("revoke_during_push_p95_s", "<", 1), ("revoke_all_s", "<", 900), ("push_ops_s", ">", 3000), ("scimmy_floor_ops_s", None, None), ("scimmy_ops_s", None, None),
        ("reconcile_s", "<", 60), ("two_workers_ratio", ">", 1.7), ("plan_noop_2m_s", "<", 90), ("rss_2m_mb", "<", 256)]
KEYS = [key for key, *_ in AIMS]


def read(results, environment):
    with open(results, encoding="utf-8") as file:
        values = {key: float(value) for key, value in (line.split() for line in file)}
    with open(environment, encoding="utf-8") as file:
        where = dict(line.rstrip("\n").split("=", 1) for line in file)
    if values.get("scimmy_floor_ops_s"):
        values["scimmy_ratio"] = round(values.get("scimmy_ops_s", 0) / values["scimmy_floor_ops_s"], 2)
    return values, where


def table(values):
    for key, value in values.items():
        sense, aim = next(((s, a) for k, s, a in AIMS if k == key), (">", 0.8) if key == "scimmy_ratio" else (None, None))
        missed = value is not None and (sense == "<" and value > aim or sense == ">" and value < aim)
        print(f"{key:26} {'not measured' if value is None else value:>13}" + (f"   aim {sense}= {aim}{'   MISSED' if missed else ''}" if sense else ""))


def write(path, out):
    """Beside it first: an interrupted run leaves what was there."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(out, file, indent=2, ensure_ascii=False)
        file.write("\n")
    os.replace(path + ".new", path)


def merged(path, values, where):
    with open(path, encoding="utf-8") as file:
        out = json.load(file)
    keys = sorted(values)
    # Measured anew: what an earlier addition said of these keys is said by this one now.
    added = [dict(a, keys=[k for k in a["keys"] if k not in values]) for a in out.pop("added", [])]
    environment = out.pop("environment")
    out = {key: out.get(key) for key in KEYS} | {key: value for key, value in out.items() if key not in KEYS} | values
    return out | {"environment": environment, "added": [a for a in added if a["keys"]] + [{"keys": keys, "environment": where}]}


def main(results, environment, path="", into=""):
    values, where = read(results, environment)
    if int(where.get("many", 2000000)) != 2000000:
        print(f"many: measured with {where['many']} accounts; plan_noop_2m_s is that time, scaled")
    out = {key: values.get(key) for key in KEYS} | {key: value for key, value in values.items() if key not in KEYS}
    table(out)
    if path:
        write(path, out | {"environment": where})
    if into:
        write(into, merged(into, values, where))


main(*sys.argv[1:])
