// A SCIM platform that keeps a journal of what really happened to its accounts, and that lies when it is told to.

import http from 'node:http';
import { randomUUID } from 'node:crypto';

const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';
export const scimError = (status, detail) => ({ status, json: { schemas: [ERROR], status: String(status), detail } });
export const html = (status) => ({ status, html: '<!doctype html><title>Bảo trì</title><p>Hệ thống đang bảo trì.' });

export class Liar {
  // lie(call): the answer instead of the true one; call: { method, path, body, apply }, apply() does what was asked for, apply('lied') what the body now says.
  constructor({ lie = () => undefined, token = 'secret of the platform' } = {}) {
    Object.assign(this, { lie, token, users: new Map(), journal: [], calls: [], port: 0 });
  }

  async start() {
    this.server = http.createServer((req, res) => this.#serve(req, res));
    await new Promise((resolve, reject) => this.server.on('error', reject).listen(this.port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  of(accountId) { return [...this.users.values()].filter((user) => user.externalId === accountId); }

  async #serve(req, res) {
    let text = '';
    try {
      for await (const chunk of req) text += chunk;
    } catch {
      return undefined;
    }
    const url = new URL(req.url, 'http://x');
    const call = { method: req.method, path: url.pathname.replace('/scim/v2', ''), query: url.searchParams, body: text ? JSON.parse(text) : undefined, at: Date.now() };
    this.calls.push(call);
    if (req.headers.authorization !== `Bearer ${this.token}`) return this.#send(res, scimError(401, 'the token has expired'));
    call.apply = (note) => this.#apply({ ...call, note });
    return this.#send(res, await this.lie(call) ?? call.apply());
  }

  #send(res, { status, json, html: page, headers = {} }) {
    const body = page ?? (json === undefined ? '' : JSON.stringify(json));
    // One write: the proxy takes what arrives at once for an answer.
    res.writeHead(status, { 'content-type': page ? 'text/html' : 'application/scim+json', 'content-length': Buffer.byteLength(body), ...headers });
    return res.end(body);
  }

  #apply({ method, path, query, body, note }) {
    const id = /^\/Users\/([0-9a-f-]{36})$/.exec(path)?.[1];
    if (method === 'POST' && path === '/Users') return this.#create(body, note);
    if (method === 'GET' && path === '/Users') return this.#list(query.get('filter'));
    if (method === 'POST' && path === '/Users/.search') return this.#list(body.filter);
    if (!id || !this.users.has(id)) return scimError(404, 'not found');
    const user = this.users.get(id);
    if (method === 'PATCH') this.#patch(user, body.Operations, note);
    return { status: 200, json: user };
  }

  // lied: it is not what was asked for.
  #note(what, user, lied) {
    this.journal.push({ what, lied: Boolean(lied), at: Date.now(), account: user.externalId, active: user.active, roles: (user.roles ?? []).map((role) => role.value).sort().join() });
  }

  #create(body, note) {
    if ([...this.users.values()].some((user) => user.userName === body.userName || user.externalId === body.externalId)) return scimError(409, 'taken');
    const user = { ...body, id: randomUUID(), meta: { resourceType: 'User' } };
    this.users.set(user.id, user);
    this.#note('create', user, note);
    return { status: 201, json: user };
  }

  #list(filter) {
    const [, name, value] = /^(\w+) eq "(.*)"$/.exec(filter ?? '') ?? [];
    const found = [...this.users.values()].filter((user) => !name || user[name] === value);
    return { status: 200, json: { schemas: [LIST], totalResults: found.length, Resources: found } };
  }

  #patch(user, operations, note) {
    for (const { op, path, value } of operations) {
      const [, urn, attribute] = /^(?:(urn:.*):)?([^:]+)$/.exec(path);
      const [first, second] = attribute.split('.');
      const where = urn ? (user[urn] ??= {}) : second ? (user[first] ??= {}) : user;
      if (op === 'remove') delete where[second ?? first];
      else where[second ?? first] = value;
    }
    this.#note('patch', user, note);
  }
}
