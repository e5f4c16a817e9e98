// npm scimmy as a second server for the same cases: as its documentation has it, users and groups in Maps behind it.

import { randomUUID } from 'node:crypto';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

class Store {
  constructor(uniqueName) {
    this.uniqueName = uniqueName;
    this.resources = new Map();
  }

  get(id) {
    const found = this.resources.get(id);
    if (!found) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
    return found;
  }

  find(resource) {
    if (resource.id) return this.get(resource.id);
    const all = [...this.resources.values()];
    return resource.filter ? resource.filter.match(all) : all;
  }

  put(resource, data) {
    const before = resource.id ? this.get(resource.id) : undefined, name = this.uniqueName && data[this.uniqueName]?.toLowerCase();
    for (const other of name ? this.resources.values() : []) {
      if (other.id !== resource.id && other[this.uniqueName].toLowerCase() === name) throw new SCIMMY.Types.Error(409, 'uniqueness', `${this.uniqueName} is taken`);
    }
    const now = new Date().toISOString(), id = before?.id ?? randomUUID();
    const { schemas, meta, ...attributes } = JSON.parse(JSON.stringify(data));
    const stored = { ...attributes, id, meta: { created: before?.meta.created ?? now, lastModified: now } };
    this.resources.set(id, stored);
    return stored;
  }

  remove(resource) {
    this.get(resource.id);
    this.resources.delete(resource.id);
  }
}

export async function startScimmy(token) {
  const declare = (Resource, store) => SCIMMY.Resources.declare(Resource, { ingress: (r, data) => store.put(r, data), egress: (r) => store.find(r), degress: (r) => store.remove(r) });
  declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser), new Store('userName'));
  declare(SCIMMY.Resources.Group, new Store());
  const app = express();
  app.use('/scim/v2', new SCIMMYRouters({ type: 'bearer', handler: (req) => { if (req.header('authorization') !== `Bearer ${token}`) throw new Error('Wrong bearer token'); } }));
  const server = await new Promise((resolve) => { const s = app.listen(0, '127.0.0.1', () => resolve(s)); });
  return { base: `http://127.0.0.1:${server.address().port}/scim/v2`, authorization: `Bearer ${token}`, patienceMs: 5000, closes: true, close: () => { server.close(); server.closeAllConnections(); } };
}
