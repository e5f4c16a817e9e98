// Platform P02's account store: the SCIM 2.0 server of scimmy with a Map behind it, kept in a JSON file.
// Its peculiarities are scimmy's own and stay: GET ignores startIndex and count and gives the first 20,
// a 201 has no Location, a PATCH that changes nothing answers 204.
//
// Environment: LISTEN_HOST LISTEN_PORT TOKEN_FILE DATA_FILE

import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

const { LISTEN_HOST, LISTEN_PORT, TOKEN_FILE, DATA_FILE } = process.env;
const { Error: ScimError } = SCIMMY.Types;

// Resources of one type by id.  A restart keeps them: the file is replaced whole before the answer goes out.
class Store {
  constructor(all, name) {
    this.all = all;
    this.resources = new Map(Object.entries(all.read(name)));
    // As they stand in the file: only what has changed is written anew.
    this.texts = new Map([...this.resources].map(([id, stored]) => [id, JSON.stringify(stored)]));
    this.all.stores[name] = this;
  }

  set(id, stored) {
    this.resources.set(id, stored);
    this.texts.set(id, JSON.stringify(stored));
  }

  get(id) {
    const found = this.resources.get(id);
    if (!found) throw new ScimError(404, null, `Resource ${id} not found`);
    return found;
  }

  find(resource) {
    if (resource.id) return this.get(resource.id);
    const everything = [...this.resources.values()];
    return resource.filter ? resource.filter.match(possible(everything, resource.filter.expression)) : everything;
  }

  put(resource, data, uniqueName) {
    const before = resource.id ? this.get(resource.id) : undefined;
    const name = data[uniqueName]?.toLowerCase();
    for (const other of this.resources.values()) {
      if (other.id !== resource.id && other[uniqueName].toLowerCase() === name) {
        throw new ScimError(409, 'uniqueness', `${uniqueName} is taken`);
      }
    }
    const now = new Date().toISOString();
    const id = before?.id ?? randomUUID();
    const { schemas, meta, ...attributes } = JSON.parse(JSON.stringify(data));
    const stored = { ...attributes, id, meta: { created: before?.meta.created ?? now, lastModified: now } };
    this.set(id, stored);
    return this.all.write().then(() => stored);
  }

  remove(resource) {
    this.get(resource.id);
    this.resources.delete(resource.id);
    this.texts.delete(resource.id);
    return this.all.write();
  }
}

// Whoever looks for one account names it: scimmy's filter then has few to look at, not all.
function possible(everything, expression) {
  const [, attribute, value] = /^(externalId|userName) eq "([^"\\]*)"$/.exec(expression) ?? [];
  return attribute ? everything.filter((one) => String(one[attribute]).toLowerCase() === value.toLowerCase()) : everything;
}

class AccountsFile {
  constructor(path) {
    this.path = path;
    this.stores = {};
    this.content = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  }

  read(name) {
    return this.content[name] ?? {};
  }

  // Done when the file has what was changed before the call.  Those who come while it is being written share the next time.
  write() {
    this.waiting ??= Promise.resolve(this.running).catch(() => {}).then(() => {
      this.running = this.waiting;
      this.waiting = undefined;
      return this.replace();
    });
    return this.waiting;
  }

  // Nobody is shown what a crash could still take back.
  kept() {
    return Promise.resolve(this.waiting ?? this.running).catch(() => {});
  }

  async replace() {
    const parts = Object.entries(this.stores).map(([name, { texts }]) =>
      `${JSON.stringify(name)}:{${[...texts].map(([id, text]) => `${JSON.stringify(id)}:${text}`).join()}}`);
    await writeFile(`${this.path}.new`, `{${parts.join()}}`, { mode: 0o600 });
    await rename(`${this.path}.new`, this.path);
  }
}

function declare(Resource, store, uniqueName) {
  return SCIMMY.Resources.declare(Resource, {
    ingress: (resource, data) => store.put(resource, data, uniqueName),
    egress: (resource) => store.all.kept().then(() => store.find(resource)),
    degress: (resource) => store.remove(resource),
  });
}

const file = new AccountsFile(DATA_FILE);
declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser), new Store(file, 'users'), 'userName');
declare(SCIMMY.Resources.Group, new Store(file, 'groups'), 'displayName');

const digest = (text) => createHash('sha256').update(text).digest();
const expected = digest(`Bearer ${readFileSync(TOKEN_FILE, 'utf8').trim()}`);

const app = express();
app.disable('x-powered-by');
app.get('/healthz', (req, res) => res.type('text').send('ok\n'));
app.use('/scim/v2', new SCIMMYRouters({
  type: 'bearer',
  handler: (req) => {
    if (!timingSafeEqual(digest(req.header('authorization') ?? ''), expected)) throw new Error('Wrong bearer token');
  },
}));

const server = app.listen(Number(LISTEN_PORT), LISTEN_HOST, (error) => {
  if (error) throw error;
});
process.on('SIGTERM', () => server.close(() => process.exit(0)).closeAllConnections());
