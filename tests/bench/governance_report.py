#!/usr/bin/env python3
"""governance_report.py RESULTS ENVIRONMENT JSON: what was measured against what is aimed at, as a table and as JSON.

RESULTS has lines {"size", "key", "value"} and may have more members, which are kept under "details"; JSON may be empty: no file."""
import json
import sys

# Key, by size what it may be at most; None: not a measure of that size.
AIMS = [("search_p95_ms", 50, 100), ("list_p95_ms", 50, 100), ("scoped_list_p95_ms", 50, 100), ("explain_p95_ms", 20, 20),
        ("rule_recompute_s", 2, None), ("import_75k_s", 60, None), ("reorg_plan_s", 10, None), ("reorg_apply_s", 60, None)]
SIZES = ["n75k", "n2m"]

with open(sys.argv[1], encoding="utf-8") as file:
    lines = [json.loads(line) for line in file if line.strip()]
with open(sys.argv[2], encoding="utf-8") as file:
    environment = dict(line.rstrip("\n").split("=", 1) for line in file)
out = {size: {} for size in SIZES}
for key, *aims in AIMS:
    for size, aim in zip(SIZES, aims):
        if aim is None:
            continue
        values = [line["value"] for line in lines if line.get("size") == size and line.get("key") == key]
        out[size][key] = values[-1] if values else None
        shown = "not measured" if not values else f"{values[-1]:.3f}" if key.endswith("_s") else f"{values[-1]:.1f}"
        print(f"{size:5} {key:20} {shown:>13}   aim <= {aim}{'' if not values or values[-1] <= aim else '   MISSED'}")
out["details"] = [line for line in lines if len(line) > 3 or "key" not in line]
out["environment"] = environment
if len(sys.argv) > 3 and sys.argv[3]:
    with open(sys.argv[3], "w", encoding="utf-8") as file:
        json.dump(out, file, indent=2, ensure_ascii=False)
        file.write("\n")
