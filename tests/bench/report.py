#!/usr/bin/env python3
"""report.py RESULTS ENVIRONMENT JSON: medians over the rounds and ratios to the floors, as a table and as JSON.

RESULTS has a line of JSON per measure and round; JSON may be empty: no file.  Fails on any error in a measure."""
import json
import statistics
import sys

FLOORS = {"echo": "echo", "echo_sign": "echo + ES256", "pg_insert": "pgbench durable insert", "pg_read": "pgbench read by key",
          "bind": "raw LDAP bind (argon2)", "fdatasync": "fdatasync"}
# What each measure is compared with.  "both": one of each per request, on the same cores: their times add up.
OURS = {"jwks": ("GET /jwks", "of", ["echo"]),
        "introspect": ("POST /introspect", "both", ["echo", "pg_read"]),
        "redeem": ("POST /token, code", "least", ["echo_sign", "pg_insert"]),
        "refresh": ("POST /token, refresh", "least", ["echo_sign", "pg_insert"]),
        "sign_in": ("POST /login", "of", ["bind"])}
HOW = {"of": "{0}", "both": "{0} and {1}", "least": "the lesser of {0}, {1}"}


def medians(results, name):
    rounds = [line for line in results if line["name"] == name]
    keys = [key for key in rounds[0] if isinstance(rounds[0][key], (int, float))]
    out = {key: statistics.median(line[key] for line in rounds) for key in keys}
    out["errors"] = sum(line["errors"] for line in rounds)
    if "cpu_us" in rounds[0]:
        out["cpu_us"] = {who: statistics.median(line["cpu_us"][who] for line in rounds) for who in rounds[0]["cpu_us"]}
    out["rates"] = [line["rate"] for line in rounds]
    return out


def floor_rate(how, rates):
    return 1 / sum(1 / rate for rate in rates) if how == "both" else min(rates)


def cell(value, form):
    return format(value, form) if value is not None else "-"


def row(title, m, ratio="", against=""):
    cpu = m.get("cpu_us", {})
    return (f"{title:24} {m['rate']:>9.0f} {cell(m.get('p50_ms', m.get('mean_ms')), '9.3f'):>9} {cell(m.get('p99_ms'), '9.3f'):>9} "
            f"{m['errors']:>6} {cell(cpu.get('server'), '8.1f'):>8} {cell(cpu.get('postgres'), '8.1f'):>8} {ratio:>6}  {against}").rstrip()


def main():
    results = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    environment = dict(line.rstrip("\n").split("=", 1) for line in open(sys.argv[2], encoding="utf-8"))
    floors = {name: medians(results, name) for name in FLOORS}
    ours = {name: medians(results, name) for name in OURS}
    for name, (_, how, against) in OURS.items():
        ours[name]["floor"] = floor_rate(how, [floors[f]["rate"] for f in against])
        ours[name]["ratio"] = ours[name]["rate"] / ours[name]["floor"]
    print(f"{'':24} {'rate/s':>9} {'p50 ms':>9} {'p99 ms':>9} {'errors':>6} {'sen us':>8} {'pg us':>8} {'ratio':>6}  floor")
    for name, title in FLOORS.items():
        print(row(title, floors[name]))
    for name, (title, how, against) in OURS.items():
        print(row(title, ours[name], f"{ours[name]['ratio']:.2f}", HOW[how].format(*against)))
    print(f"sen-server: {int(environment['rss_kib']) / 1024:.0f} MiB resident, {int(environment['rss_peak_kib']) / 1024:.0f} MiB at most, "
          f"{environment['threads']} threads")
    if sys.argv[3]:
        with open(sys.argv[3], "w", encoding="utf-8") as out:
            json.dump({"environment": environment, "floors": floors, "endpoints": ours}, out, indent=2, ensure_ascii=False)
            out.write("\n")
    errors = sum(m["errors"] for m in (*floors.values(), *ours.values()))
    if errors:
        print(f"{errors} errors", file=sys.stderr)
    return 1 if errors else 0


sys.exit(main())
