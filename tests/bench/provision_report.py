#!/usr/bin/env python3
"""provision_report.py RESULTS ENVIRONMENT JSON: what was measured against what is aimed at, as a table and as JSON.

RESULTS has lines "key value"; JSON may be empty: no file."""
import json
import sys

# Key, and what it is to be: at most (<) or at least (>); None: no aim of its own.
AIMS = [("plan_initial_s", "<", 30), ("plan_noop_s", "<", 2), ("rss_mb", "<", 256), ("change_p95_s", "<", 2), ("revoke_p95_s", "<", 1),
        ("revoke_during_push_p95_s", "<", 1), ("revoke_all_s", "<", 900), ("push_ops_s", ">", 3000), ("scimmy_floor_ops_s", None, None), ("scimmy_ops_s", None, None),
        ("reconcile_s", "<", 60), ("two_workers_ratio", ">", 1.7), ("plan_noop_2m_s", "<", 90), ("rss_2m_mb", "<", 256)]

with open(sys.argv[1], encoding="utf-8") as file:
    values = {key: float(value) for key, value in (line.split() for line in file)}
with open(sys.argv[2], encoding="utf-8") as file:
    environment = dict(line.rstrip("\n").split("=", 1) for line in file)
if values.get("scimmy_floor_ops_s"):
    values["scimmy_ratio"] = round(values.get("scimmy_ops_s", 0) / values["scimmy_floor_ops_s"], 2)
if int(environment.get("many", 2000000)) != 2000000:
    print(f"many: measured with {environment['many']} accounts; plan_noop_2m_s is that time, scaled")
out = {key: values.get(key) for key, *_ in AIMS} | {key: value for key, value in values.items() if key not in dict((k, 0) for k, *_ in AIMS)}
for key, value in out.items():
    sense, aim = next(((s, a) for k, s, a in AIMS if k == key), (">", 0.8) if key == "scimmy_ratio" else (None, None))
    missed = value is not None and (sense == "<" and value > aim or sense == ">" and value < aim)
    print(f"{key:26} {'not measured' if value is None else value:>13}" + (f"   aim {sense}= {aim}{'   MISSED' if missed else ''}" if sense else ""))
out["environment"] = environment
if len(sys.argv) > 3 and sys.argv[3]:
    with open(sys.argv[3], "w", encoding="utf-8") as file:
        json.dump(out, file, indent=2, ensure_ascii=False)
        file.write("\n")
