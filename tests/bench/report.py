#!/usr/bin/env python3
"""report.py RESULTS ENVIRONMENT JSON: medians over the rounds and ratios to floors and peers, as a table and as JSON.

RESULTS has a line of JSON per measure and round, named KIND/cCONNECTIONS/MEASURE; JSON may be empty: no file.  A measure
that was not taken, or had an error, is null; fails on any error."""
import json
import statistics
import sys

FLOORS = ["echo", "echo_sign", "echo_read", "echo_commit_sign", "pg_commit", "pg_read", "ldap_bind", "fdatasync"]
ENDPOINTS = ["client_credentials", "introspect", "userinfo", "code_exchange", "refresh", "jwks", "authorize_sso", "login", "introspect_first", "refresh_no_id_token"]
PEERS = ["oidc-provider", "glewlwyd"]
# Sign-ins are bounded by slapd: sixteen connections are as good as sixty-four.
AT_64 = {"login": 16}
# What each endpoint is compared with, and what is aimed at.
AIMS = [("jwks", "echo", 0.9), ("client_credentials", "echo_sign", 0.5), ("introspect", "echo_read", 0.8), ("userinfo", "echo_read", 0.8),
        ("code_exchange", "echo_commit_sign", 0.6), ("refresh", "echo_commit_sign", 0.7),
        ("refresh_no_id_token", "echo_commit_sign", 0.7), ("login", "ldap_bind", 0.9)]
PEER_AIMS = {("client_credentials", "oidc-provider"): 5, ("client_credentials", "glewlwyd"): 20}
RATE_NAMES = {"pg_commit": "pg_commit_tps", "pg_read": "pg_read_tps"}


class Results:
    def __init__(self, lines):
        self.lines = lines

    def named(self, name):
        return [line for line in self.lines if line["name"] == name]

    def get(self, kind, connections, measure):
        return self.one(f"{kind}/c{connections}/{measure}")

    def one(self, name):
        """Medians of a measure over its rounds; None where there is none to trust."""
        rounds = self.named(name)
        if not rounds or any(line["errors"] for line in rounds) or not rounds[0].get("requests", 1):
            return None
        out = {key: statistics.median(line[key] for line in rounds) for key in rounds[0] if isinstance(rounds[0][key], (int, float))}
        for group in ("cpu_us", "rss_kib"):
            if group in rounds[0]:
                out[group] = {who: statistics.median(line[group][who] for line in rounds) for who in rounds[0][group]}
        out["rates"] = [line["rate"] for line in rounds if "rate" in line]
        return out

    def errors(self):
        return sum(line["errors"] for line in self.lines)


def value(m, key):
    return m.get(key) if m else None


def flat(results, kind, connections, names):
    """NAME_rps, NAME_p50_ms, NAME_p99_ms of each."""
    out = {}
    for name in names:
        m = results.get(kind, AT_64.get(name, connections) if connections == 64 else connections, name)
        out[f"{name}_rps"] = value(m, "rate")
        out[f"{name}_p50_ms"] = value(m, "p50_ms")
        out[f"{name}_p99_ms"] = value(m, "p99_ms")
    return out


def floor_rates(results, kind, connections, names):
    return {RATE_NAMES.get(name, f"{name}_rps"): value(results.get(kind, connections, name), "rate") for name in names}


def divide(a, b):
    return a / b if a is not None and b else None


def ratios_of(results, tree):
    out = {}
    for ours, floor, _ in AIMS:
        out[f"{ours}_of_{floor}"] = divide(tree["sen"][f"{ours}_rps"], tree["floors"][f"{floor}_rps"])
        if floor in FLOORS[:4]:
            out[f"c1000.{ours}_of_{floor}"] = divide(tree["sen"]["c1000"][f"{ours}_rps"], tree["floors"]["c1000"][f"{floor}_rps"])
            out[f"listener.{ours}_of_{floor}"] = divide(tree["sen"][f"{ours}_rps"], tree["floors"]["listener"][f"{floor}_rps"])
    for peer in tree["peers"]:
        for name in ENDPOINTS[:6]:
            out[f"{name}_of_{peer}"] = divide(tree["sen"][f"{name}_rps"], tree["peers"][peer].get(f"{name}_rps"))
    for name in ("introspect", "jwks"):
        calm, storm = results.get("calm", 16, name), results.get("storm", 16, name)
        out[f"storm_{name}_p99_of_calm"] = divide(value(storm, "p99_ms"), value(calm, "p99_ms"))
    for name in ("introspect", "code_exchange", "refresh"):
        if tree["large"]:
            out[f"large_{name}"] = divide(tree["large"][f"{name}_rps"], tree["sen"][f"{name}_rps"])
    return out


def cpu_of(m):
    """Of load generator, server and PostgreSQL together, microseconds per request: what shares the cores."""
    return sum(m["cpu_us"].get(who, 0) for who in ("load", "server", "postgres")) if m and "cpu_us" in m else None


def cpu_ratios_of(results):
    """The same ratios by processor time, which does not depend on who else uses the machine."""
    out = {}
    for ours, floor, _ in AIMS:
        if floor in FLOORS[:4]:
            mine = cpu_of(results.get("sen", 64, ours))
            out[f"{ours}_of_{floor}"] = divide(cpu_of(results.get("floor", 64, floor)), mine)
            out[f"listener.{ours}_of_{floor}"] = divide(cpu_of(results.get("listener", 64, floor)), mine)
    return out


def storm_of(results):
    lines = [line for line in results.lines if line["name"].startswith("storm/") and line["name"].endswith("/login")]
    if not lines:
        return None
    out = {key: lines[0][key] for key in ("requests", "refused", "errors", "seconds", "rate", "p50_ms", "p99_ms")}
    for when in ("calm", "storm"):
        for name in ("introspect", "jwks"):
            m = results.get(when, 16, name)
            out[f"{when}_{name}_p50_ms"], out[f"{when}_{name}_p99_ms"], out[f"{when}_{name}_max_ms"] = (value(m, k) for k in ("p50_ms", "p99_ms", "max_ms"))
    return out


def large_of(results):
    if not results.named("large/drop"):
        return None
    out = flat(results, "large", 64, ["introspect", "code_exchange", "refresh"])
    out["prepare"], out["drop"] = results.named("large/prepare")[0], results.named("large/drop")[0]
    for when in ("calm_before_drop", "drop"):
        m = results.get(when, 16, "introspect")
        out[f"{when}_introspect_p99_ms"], out[f"{when}_introspect_max_ms"] = value(m, "p99_ms"), value(m, "max_ms")
    return out


def rss_of(results, environment):
    loaded = [line["rss_kib"]["server"] for line in results.lines if line["name"].startswith("sen/c1000/")]
    mb = lambda kib: kib * 1024 / 1e6
    return {"idle": mb(int(environment["rss_idle_kib"])), "loaded": mb(max(loaded)) if loaded else None,
            "peak": mb(int(environment["rss_peak_kib"]))}


def tree_of(results, environment):
    tree = {"environment": environment, "floors": floor_rates(results, "floor", 64, FLOORS)}
    tree["floors"]["c1000"] = floor_rates(results, "floor", 1000, FLOORS[:4])
    tree["floors"]["listener"] = floor_rates(results, "listener", 64, FLOORS[:4])
    tree["sen"] = flat(results, "sen", 64, ENDPOINTS)
    tree["sen"]["c64"] = dict(tree["sen"])
    tree["sen"]["c1000"] = flat(results, "sen", 1000, ENDPOINTS)
    tree["peers"] = {}
    for peer in PEERS:
        if any(line["name"].startswith(f"{peer}/") for line in results.lines):
            tree["peers"][peer] = flat(results, peer, 64, ENDPOINTS[:6])
            tree["peers"][peer]["c1000"] = flat(results, peer, 1000, ENDPOINTS[:6])
    tree["storm"], tree["large"] = storm_of(results), large_of(results)
    tree["rss_mb"] = rss_of(results, environment)
    tree["start_to_ready_ms"] = value(results.one("start"), "p50_ms")
    tree["ratios"] = ratios_of(results, tree)
    tree["ratios"]["cpu"] = cpu_ratios_of(results)
    tree["errors"] = results.errors()
    tree["rounds"] = results.lines
    return tree


def cell(number, form):
    return format(number, form) if number is not None else "-"


def row(title, m, note=""):
    m = m or {}
    cpu = m.get("cpu_us", {})
    spread = f"{min(m['rates']):.0f}-{max(m['rates']):.0f}" if m.get("rates") else ""
    print(f"{title:40} {cell(m.get('rate'), '.0f'):>8} {spread:>15} {cell(m.get('p50_ms', m.get('mean_ms')), '.2f'):>9} {cell(m.get('p99_ms'), '.2f'):>9} "
          f"{cell(cpu.get('server'), '.1f'):>8} {cell(cpu.get('postgres'), '.1f'):>8}  {note}".rstrip())


def table(results, tree):
    ratios = tree["ratios"]
    print(f"{'':40} {'rate/s':>8} {'rounds':>15} {'p50 ms':>9} {'p99 ms':>9} {'srv us':>8} {'pg us':>8}  ratio (aim)")
    for name in FLOORS:
        if results.named(f"floor/c64/{name}"):
            row(f"floor {name}", results.get("floor", 64, name))
    for kind, connections in (("floor", 1000), ("listener", 64)):
        for name in FLOORS[:4]:
            if results.named(f"{kind}/c{connections}/{name}"):
                row(f"{kind} {name}, {connections} connections", results.get(kind, connections, name))
    for connections in (64, 1000):
        for name in ENDPOINTS:
            aim = next((a for a in AIMS if a[0] == name), None)
            key = f"{name}_of_{aim[1]}" if aim else None
            if key and connections == 1000:
                key = f"c1000.{key}"
            cpu = ratios["cpu"].get(key)
            note = f"{cell(ratios.get(key), '.2f')} of {aim[1]} ({aim[2]})" + (f", {cpu:.2f} by CPU" if cpu else "") if key in ratios else ""
            n = AT_64.get(name, 64) if connections == 64 else 1000
            if results.named(f"sen/c{n}/{name}"):
                row(f"sen {name}, {n} connections", results.get("sen", n, name), note)
    for peer in tree["peers"]:
        for connections in (64, 1000):
            for name in ENDPOINTS[:6]:
                m = results.get(peer, connections, name)
                ratio = ratios.get(f"{name}_of_{peer}")
                aim = PEER_AIMS.get((name, peer))
                note = f"sen is {cell(ratio, '.1f')} times it" + (f" ({aim})" if aim else "") if connections == 64 and m else ""
                if m:
                    row(f"{peer} {name}, {connections} connections", m, note)


def notes(tree):
    rss, storm, large = tree["rss_mb"], tree["storm"], tree["large"]
    print(f"start to ready {cell(tree['start_to_ready_ms'], '.0f')} ms; resident {rss['idle']:.0f} MB idle, {cell(rss['loaded'], '.0f')} MB at 1,000 connections, "
          f"{rss['peak']:.0f} MB at most; {tree['environment']['threads']} threads")
    if storm:
        print(f"storm: {storm['requests']} signed in, {storm['refused']} asked to come again, {storm['errors']} errors, in {storm['seconds']:.1f} s; "
              f"p99 of introspection {cell(storm['calm_introspect_p99_ms'], '.1f')} ms calm, {cell(storm['storm_introspect_p99_ms'], '.1f')} ms in the storm, "
              f"of keys {cell(storm['calm_jwks_p99_ms'], '.1f')} and {cell(storm['storm_jwks_p99_ms'], '.1f')} ms")
    if large:
        print(f"large ({large['prepare']['sessions']} sessions, {large['prepare']['families']} families): "
              + ", ".join(f"{name} {cell(large[f'{name}_rps'], '.0f')}/s = {cell(tree['ratios'][f'large_{name}'], '.2f')} of small"
                          for name in ("introspect", "code_exchange", "refresh"))
              + f"; expired partitions dropped in {large['drop']['seconds']:.3f} s, introspection at most {cell(large['drop_introspect_max_ms'], '.0f')} ms meanwhile")


def main():
    results = Results([json.loads(line) for line in open(sys.argv[1], encoding="utf-8")])
    environment = dict(line.rstrip("\n").split("=", 1) for line in open(sys.argv[2], encoding="utf-8"))
    tree = tree_of(results, environment)
    table(results, tree)
    notes(tree)
    if sys.argv[3]:
        with open(sys.argv[3], "w", encoding="utf-8") as out:
            json.dump(tree, out, indent=2, ensure_ascii=False)
            out.write("\n")
    for line in results.lines:
        if line["errors"]:
            print(f"{line['name']}: {line['errors']} errors", file=sys.stderr)
    return 1 if tree["errors"] else 0


sys.exit(main())
