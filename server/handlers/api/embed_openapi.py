"""embed_openapi.py OUTPUT INPUT: the API's document, compact, as a C array."""
import json
import sys

text = json.dumps(json.load(open(sys.argv[2], encoding="utf-8")), ensure_ascii=False, separators=(",", ":")).encode()
with open(sys.argv[1], "w", encoding="ascii") as out:
    out.write('#include "server/handlers/api/openapi.h"\n\nstatic const char text[] = {\n')
    for at in range(0, len(text), 16):
        out.write("\t" + ", ".join(f"(char){byte}" for byte in text[at:at + 16]) + ",\n")
    out.write("};\n\nconst struct str api_openapi_document = { text, sizeof(text) };\n")
