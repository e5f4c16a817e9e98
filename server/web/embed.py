#!/usr/bin/env python3
"""embed.py OUTPUT FILE...: writes templates, static files and strings as C data (embedded.h).

Refuses languages whose keys or {placeholders} differ, strings that are not NFC, and keys
given twice, so that a half-translated page does not build.
"""

import hashlib
import os
import re
import sys
import unicodedata

TYPES = {
    '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.png': 'image/png',
}
LANGUAGES = ('vi', 'en')
PLACEHOLDER = re.compile(r'\{[a-z_]+\}')


def c_bytes(data):
    """A C string literal of any bytes, one line of it per line of the file."""
    lines = data.split(b'\n')
    pieces = [line + b'\n' for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    out = []
    for piece in pieces or [b'']:
        text = ''
        for byte in piece:
            char = chr(byte)
            if char == '\n':
                text += '\\n'
            elif char in '"\\?' or byte < 0x20 or byte > 0x7e:
                text += '\\%03o' % byte
            else:
                text += char
        out.append('\t"%s"' % text)
    return '\n'.join(out)


def c_str(data):
    return '{\n%s,\n\t%d }' % (c_bytes(data), len(data))


def read_strings(path):
    strings = {}
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line[0] in '#;':
                continue
            key, separator, value = (part.strip() for part in line.partition('='))
            if not separator or not re.fullmatch(r'[a-z0-9_.]+', key) or not value:
                sys.exit(f'{path}:{number}: not of the form key = text')
            if key in strings:
                sys.exit(f'{path}:{number}: {key} is given twice')
            if unicodedata.normalize('NFC', value) != value:
                sys.exit(f'{path}:{number}: text is not in Unicode form NFC')
            strings[key] = value
    return strings


def check_same(vi, en):
    for key in sorted(set(vi) ^ set(en)):
        sys.exit(f'{key}: is in one language only')
    for key, text in vi.items():
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(en[key])):
            sys.exit(f'{key}: placeholders differ')


def write_templates(out, paths):
    out.append('const struct embedded_template embedded_templates[] = {')
    for path in paths:
        name = os.path.basename(path)[:-len('.html')]
        with open(path, 'rb') as file:
            out.append('{ "%s", %s },' % (name, c_str(file.read())))
    out.append('};\nconst size_t n_embedded_templates = %d;\n' % len(paths))


def write_files(out, paths):
    out.append('const struct embedded_file embedded_files[] = {')
    for path in paths:
        name = os.path.basename(path)
        stem, extension = os.path.splitext(name)
        with open(path, 'rb') as file:
            data = file.read()
        digest = hashlib.sha256(data).hexdigest()[:16]
        out.append('{ "%s", { "/static/%s.%s%s", "%s", %s } },'
                   % (name, stem, digest, extension, TYPES[extension], c_str(data)))
    out.append('};\nconst size_t n_embedded_files = %d;\n' % len(paths))


def write_strings(out, vi, en):
    out.append('const struct lang_entry embedded_strings[] = {')
    for key in sorted(vi, key=lambda k: k.encode()):
        out.append('{ "%s", %s, %s },' % (key, c_str(vi[key].encode()), c_str(en[key].encode())))
    out.append('};\nconst size_t n_embedded_strings = %d;' % len(vi))


def main():
    output, paths = sys.argv[1], sorted(sys.argv[2:])
    languages = {os.path.basename(p)[:-len('.ini')]: read_strings(p) for p in paths if p.endswith('.ini')}
    vi, en = (languages[name] for name in LANGUAGES)
    out = ['/* Written by embed.py: do not edit. */', '#include "server/web/embedded.h"', '']
    check_same(vi, en)
    write_templates(out, [p for p in paths if p.endswith('.html')])
    write_files(out, [p for p in paths if os.path.splitext(p)[1] in TYPES])
    write_strings(out, vi, en)
    with open(output, 'w', encoding='ascii') as file:
        file.write('\n'.join(out) + '\n')


main()
