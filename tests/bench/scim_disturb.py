#!/usr/bin/env python3
"""scim_disturb.py BASE N: changes the name of N users of a SCIM platform, and takes N others away: what somebody else does there."""
import json
import sys
import urllib.request

base, n = sys.argv[1], int(sys.argv[2])


def ask(method, path, body=None):
    request = urllib.request.Request(base + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                     headers={"Content-Type": "application/scim+json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


users = json.loads(ask("GET", f"/Users?startIndex=1&count={2 * n}"))["Resources"]
for user in users[:n]:
    key = user.pop("id")
    ask("PUT", f"/Users/{key}", dict(user, displayName="Somebody Else"))
for user in users[n:2 * n]:
    ask("DELETE", f"/Users/{user['id']}")
