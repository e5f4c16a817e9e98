// A proxy in user space, for TCP and for sockets in the file system, that does to answers what networks do.  It counts what it did.

import { rmSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const FAULTS = ['delay', 'stall', 'reset', 'lose', 'half', 'double'];

export class FaultProxy {
  // target: a port of this machine, or the path of a socket; next(): the fault for the next answer, or undefined for none.
  constructor(target, next = () => undefined) {
    Object.assign(this, { target, next, done: {}, sockets: new Set(), away: false });
  }

  // Where it listens: a path, or a port of its own.
  async start(path) {
    if (path) rmSync(path, { force: true });
    this.server = net.createServer((client) => this.#serve(client));
    await new Promise((resolve, reject) => this.server.on('error', reject).listen(...(path ? [path] : [0, '127.0.0.1']), resolve));
    this.port = this.server.address().port;
    return this;
  }

  stop() {
    this.cut();
    return new Promise((resolve) => { this.server.close(resolve); });
  }

  cut() {
    for (const socket of this.sockets) socket.destroy();
  }

  // Nothing gets through any more, until it is joined again.
  split() {
    this.away = true;
    this.cut();
  }

  join() { this.away = false; }

  #serve(client) {
    if (this.away) return client.destroy();
    const server = typeof this.target === 'string' ? net.connect(this.target) : net.connect(this.target, '127.0.0.1');
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => {}).on('close', () => { this.sockets.delete(socket); client.destroy(); server.destroy(); });
    }
    client.on('data', (chunk) => { server.write(chunk); });
    // The servers behind it send an answer in one piece.
    server.on('data', (answer) => { this.#answer(client, answer).catch(() => client.destroy()); });
    return undefined;
  }

  async #answer(client, answer) {
    const fault = this.next();
    if (fault) this.done[fault] = (this.done[fault] ?? 0) + 1;
    if (fault === 'delay') await sleep(150);
    if (fault === 'stall') return undefined;
    if (fault === 'reset') return client.resetAndDestroy();
    if (fault === 'lose') return client.destroy();
    if (fault === 'half') return client.end(answer.subarray(0, answer.length >> 1));
    client.write(answer);
    if (fault === 'double') client.write(answer);
    return undefined;
  }
}

// Numbers that are the same in each run (mulberry32).
export function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
