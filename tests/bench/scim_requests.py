#!/usr/bin/env python3
"""scim_requests.py N: N requests that create a user each, in bench_load's form, like those of the provisioner."""
import json
import sys
import uuid

for n in range(int(sys.argv[1])):
    body = json.dumps({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": str(uuid.UUID(int=n)), "userName": f"x{n}", "displayName": "Nguyễn Thị Hồng Hạnh", "title": "Chuyên viên",
        "name": {"formatted": "Nguyễn Thị Hồng Hạnh", "familyName": "Nguyễn", "middleName": "Thị Hồng", "givenName": "Hạnh"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Phường Trường Vinh", "employeeNumber": f"X{n}"},
        "active": True, "emails": [{"value": f"x{n}@nghean.example", "type": "work", "primary": True}],
        "roles": [{"value": "CHUYENVIEN", "display": "Chuyên viên"}],
    }, ensure_ascii=False).encode()
    head = (f"POST /scim/v2/Users HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer bench\r\n"
            f"Content-Type: application/scim+json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    sys.stdout.buffer.write(b"%d\n" % (len(head) + len(body)) + head + body)
