// psql processes that stay: to start one, and the server's process behind it, costs more than most of what it is asked.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';

const END = `end ${randomUUID()}`;
// What a call leaves behind, its transaction, role, settings and locks, ends with it.
const reset = (script) => `${/\bbegin\b/i.test(script) ? 'ROLLBACK;\n' : ''}DISCARD ALL;\nSELECT '${END}';\n`;
// Somebody ended the session while nobody asked it anything.
const LOST = /server closed the connection|terminating connection|connection to server was lost|no connection to the server/;

class Psql {
  constructor(conninfo) {
    this.child = spawn('psql', ['-X', '-q', '-At', '-F', '\x1f', '-v', 'ON_ERROR_STOP=1', '-d', conninfo]);
    this.child.stdout.setEncoding('utf8').on('data', (chunk) => { this.out += chunk; this.look(); });
    this.child.stderr.setEncoding('utf8').on('data', (chunk) => { this.err += chunk; });
    this.child.stdin.on('error', () => {}); // its end tells more
    this.child.on('error', (error) => this.over?.reject(error));
    this.child.on('close', () => { this.gone = true; this.over?.reject(new Error(this.err || 'psql has ended')); });
  }

  look() {
    if (!this.out.endsWith(`${END}\n`)) return;
    this.hold('unref');
    this.over?.resolve(this.out.slice(0, -END.length - 1));
  }

  // Only one that is at work keeps a test from ending.
  hold(how) {
    for (const one of [this.child, this.child.stdin, this.child.stdout, this.child.stderr]) one[how]();
  }

  ask(script) {
    Object.assign(this, { out: '', err: '' });
    this.hold('ref');
    return new Promise((resolve, reject) => {
      if (this.gone) return reject(new Error('no connection to the server'));
      this.over = { resolve, reject };
      return this.child.stdin.write(`${script}\n;\n${reset(script)}`);
    });
  }
}

const quoted = (value) => `'${String(value).replace(/\\/g, '\\\\').replace(/'/g, '\'\'').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}'`;

const idle = [];

// What psql prints; text has the values as :'v1', :'v2', …  An error is what psql says of it.
export async function psql(conninfo, text, values) {
  const script = [...values.map((value, i) => `\\set v${i + 1} ${quoted(value)}`), text].join('\n');
  for (;;) {
    const kept = idle.pop(), one = kept ?? new Psql(conninfo);
    try {
      const out = await one.ask(script);
      idle.push(one);
      return out;
    } catch (error) {
      if (!kept || !LOST.test(error.message)) throw error;
    }
  }
}
