// SCIM platforms of other makers, as far as their documents and trackers say how they are: each persona under a path of its
// own, /aws/scim/v2 and so on, with its limits and its gaps.  /control/NAME is the platform's own tool: what it really
// holds, what it was asked, and what it shall do next.
//
// Environment: LISTEN_HOST LISTEN_PORT TOKEN_FILE; TLS_PORT TLS_KEY TLS_CERT TLS_CA: the same with client certificates.

import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const { LISTEN_HOST, LISTEN_PORT, TOKEN_FILE, TLS_PORT, TLS_KEY, TLS_CERT, TLS_CA } = process.env;
const TOKEN = readFileSync(TOKEN_FILE, 'utf8').trim();
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const MESSAGE = 'urn:ietf:params:scim:api:messages:2.0:';
const ASYNC = 'urn:ietf:params:scim:event:misc:asyncresp';

// What a persona is when nothing else is said.
const PLAIN = {
  discovery: 'json', media: 'scim', location: 'absolute', createBody: true, ids: 'uuid', strictOps: false,
  paths: true, valuePaths: true, pathless: true, patch: true, put: true, etag: false, races: 0,
  search: true, filters: 'all', paging: 'index', pageMax: 200, largestCount: 0, expireCursors: 0,
  bulk: null, async: null, asyncMs: 60, roles: 'attribute', emails: 9, wantsPassword: false, patchOps: 1000,
  userGroups: true, showMembers: true, memberFilter: 'members.value', membersMax: 1000, replaceMembers: true, membersInPost: true,
  removeByPath: true, removeByValue: true, dropMembersAbove: 0, auth: 'bearer', tokenLives: 3600, required: [], nfd: false, slowMs: 0, answerType: 'application/scim+json',
};

const PERSONAS = {
  // IAM Identity Center, developer guide: eq and and, 100 membership changes, no replace, 50 results, one address, no roles.
  aws: { filters: 'eq', paging: 'none', pageMax: 50, search: false, roles: 'reject', emails: 1, userGroups: false, showMembers: false,
    memberFilter: 'members', membersMax: 100, replaceMembers: false, removeByPath: false, membersInPost: false,
    required: ['userName', 'displayName', 'name.familyName', 'name.givenName'] },
  // Keycloak 26.7: pages of 100, 100 operations a PATCH, members by PATCH alone; attributes it does not know are dropped.
  keycloak: { pageMax: 100, patchOps: 100, roles: 'drop', membersInPost: false, replaceMembers: false, etag: false },
  // Written with Entra ID in mind: capital operations, members removed by value, no search, no discovery, relative locations.
  entra: { discovery: '404', search: false, strictOps: true, removeByPath: false, filters: 'eq', pageMax: 100, location: 'relative', pathless: true },
  // RFC 9865 and 9967 to the letter: cursors alone, versions always, Bulk of four, 202 whenever it may, numbers for ids.
  modern: { paging: 'cursor', pageMax: 3, etag: true, bulk: { maxOperations: 4, maxPayloadSize: 20000 }, async: 'event', ids: 'number', location: 'relative', createBody: false },
};

class ScimError extends Error {
  constructor(status, scimType, detail) { super(detail); Object.assign(this, { status, scimType }); }
}

const lower = (s) => String(s ?? '').toLowerCase();
const get = (o, path) => path.split('.').reduce((at, name) => at?.[name], o);

// All values at a path: of a list those of each element.
function valuesAt(resource, path) {
  const extended = path.startsWith(`${ENTERPRISE}:`), [first, second] = (extended ? path.slice(ENTERPRISE.length + 1) : path).split('.');
  const found = (extended ? resource[ENTERPRISE] ?? {} : resource)[first];
  return Array.isArray(found) ? found.map((item) => item?.[second ?? 'value'] ?? item) : [second ? found?.[second] : found];
}

// attribute eq "value" [and …]
function matcher(filter) {
  const terms = filter.split(/ and /i).map((term) => {
    const match = /^([\w:.]+) eq ("(?:[^"\\]|\\.)*")$/i.exec(term.trim());
    if (!match) throw new ScimError(400, 'invalidFilter', 'only eq and and');
    return [match[1], JSON.parse(match[2])];
  });
  const same = (path, a, b) => (/^(id|externalId|members)/.test(path) ? String(a) === b : lower(a) === lower(b));
  return (resource) => terms.every(([path, value]) => valuesAt(resource, path).some((v) => same(path, v, value)));
}

class Platform {
  constructor(name) { this.name = name; this.reset(); }

  reset() {
    Object.assign(this, { settings: { ...PLAIN, ...PERSONAS[this.name] }, users: new Map(), groups: new Map(), calls: [], next: [], cursors: new Map(), pending: new Map(), events: new Map(), tokens: new Map(), serial: 100 });
  }

  get base() { return `/${this.name}/scim/v2`; }
  newId() { return this.settings.ids === 'number' ? String(this.serial += 1) : randomUUID(); }

  shown(type, resource, origin) {
    const s = this.settings, out = structuredClone(resource);
    if (s.ids === 'number') out.id = Number(out.id);
    out.meta = { resourceType: type === 'Users' ? 'User' : 'Group', location: `${origin}${this.base}/${type}/${resource.id}`, ...(s.etag ? { version: this.version(resource) } : {}) };
    if (type === 'Users' && s.userGroups) {
      const groups = [...this.groups.values()].filter((g) => g.members.some((m) => m.value === resource.id));
      if (groups.length) out.groups = groups.map((g) => ({ value: s.ids === 'number' ? Number(g.id) : g.id, display: g.displayName }));
    }
    if (type === 'Groups' && !s.showMembers) delete out.members;
    delete out.password;
    return s.nfd ? JSON.parse(JSON.stringify(out).normalize('NFD')) : out;
  }

  version(resource) { return `W/"${createHash('sha1').update(JSON.stringify(resource)).update(String(resource.bump ?? 0)).digest('hex').slice(0, 12)}"`; }
}

const platforms = Object.fromEntries([...Object.keys(PERSONAS), 'plain'].map((name) => [name, new Platform(name)]));

function check(p, user) {
  const s = p.settings;
  for (const path of s.required) if (!get(user, path)) throw new ScimError(400, 'invalidValue', `${path} is required`);
  if ((user.emails?.length ?? 0) > s.emails) throw new ScimError(400, 'invalidValue', 'too many addresses');
  if (user.roles && s.roles === 'reject') throw new ScimError(400, 'invalidSyntax', 'roles are not supported');
  if (s.roles === 'drop') delete user.roles;
  if (s.wantsPassword && !user.password) throw new ScimError(400, 'invalidValue', 'password is required');
  for (const other of p.users.values()) if (other.id !== user.id && lower(other.userName) === lower(user.userName)) throw new ScimError(409, 'uniqueness', 'userName is taken');
}

function create(p, type, body) {
  const { id: _, meta, groups, ...rest } = body, resource = { ...rest, id: p.newId() };
  if (type === 'Users') {
    check(p, resource);
    p.users.set(resource.id, resource);
    return resource;
  }
  if (resource.members?.length && !p.settings.membersInPost) throw new ScimError(400, 'invalidValue', 'a group is made empty');
  for (const other of p.groups.values()) if (lower(other.displayName) === lower(resource.displayName)) throw new ScimError(409, 'uniqueness', 'displayName is taken');
  resource.members ??= [];
  p.groups.set(resource.id, resource);
  return resource;
}

function patchMembers(p, group, { op, path, value }) {
  const s = p.settings, ids = [].concat(value ?? []).map((m) => String(m.value));
  const byPath = /^members\[value eq "([^"]+)"\]$/.exec(path);
  if (lower(op) === 'replace' || (lower(op) === 'remove' && !byPath && !ids.length)) {
    if (!s.replaceMembers) throw new ScimError(400, 'invalidValue', 'members cannot be replaced');
    group.members = [];
  }
  if (byPath && !s.removeByPath) throw new ScimError(400, 'invalidPath', 'no filters in paths');
  if (lower(op) === 'remove' && ids.length && !s.removeByValue) throw new ScimError(400, 'invalidValue', 'no values behind remove');
  if (ids.length > s.membersMax) throw new ScimError(413, 'tooMany', 'too many members');
  if (lower(op) === 'remove') {
    const gone = new Set(byPath ? [byPath[1]] : ids);
    group.members = group.members.filter((m) => !gone.has(m.value));
    return;
  }
  for (const id of ids) {
    if (!p.users.has(id)) throw new ScimError(400, 'invalidValue', 'no such member');
    if (!group.members.some((m) => m.value === id)) group.members.push({ value: id });
  }
  if (s.dropMembersAbove && group.members.length > s.dropMembersAbove) group.members = group.members.slice(-s.dropMembersAbove);
}

function setPath(user, op, path, value) {
  const urn = path.startsWith(`${ENTERPRISE}:`) ? ENTERPRISE : undefined, rest = urn ? path.slice(urn.length + 1) : path;
  const where = urn ? (user[urn] ??= {}) : user;
  const element = /^(\w+)\[(\w+) eq "([^"]+)"\](?:\.(\w+))?$/.exec(rest);
  if (element) {
    const [, list, name, wanted, sub] = element, items = where[list] ?? [], found = items.filter((item) => item[name] === wanted);
    if (op === 'remove') where[list] = items.filter((item) => !found.includes(item));
    else if (!found.length) throw new ScimError(400, 'noTarget', 'no such element');
    else for (const item of found) { if (sub) item[sub] = value; else Object.assign(item, value); }
    return;
  }
  const [first, second] = rest.split('.');
  if (op === 'remove') { if (second) delete where[first]?.[second]; else delete where[first]; return; }
  if (second) (where[first] ??= {})[second] = value;
  else if (op === 'add' && Array.isArray(value)) where[first] = [...(where[first] ?? []), ...value];
  else where[first] = value;
}

function patch(p, type, resource, { Operations }) {
  const s = p.settings;
  if (!s.patch) throw new ScimError(501, undefined, 'no PATCH');
  if (Operations.length > s.patchOps) throw new ScimError(413, 'tooMany', 'too many operations');
  const after = structuredClone(resource);
  for (const operation of Operations) {
    if (s.strictOps && !['Add', 'Replace', 'Remove'].includes(operation.op)) throw new ScimError(400, 'invalidSyntax', `unknown op ${operation.op}`);
    const op = lower(operation.op), { path, value } = operation;
    if (path === undefined) {
      if (!s.pathless) throw new ScimError(400, 'noTarget', 'a path is needed');
      for (const [name, v] of Object.entries(value)) {
        if (name === ENTERPRISE || name === 'name') after[name] = { ...after[name], ...v };
        else setPath(after, op, name, v);
      }
    } else if (type === 'Groups' && path.startsWith('members')) {
      patchMembers(p, after, operation);
    } else {
      if (!s.paths) throw new ScimError(400, 'invalidPath', 'no paths');
      if (path.includes('[') && !s.valuePaths) throw new ScimError(400, 'invalidPath', 'no filters in paths');
      setPath(after, op, path, value);
    }
  }
  if (type === 'Users') check(p, after);
  return after;
}

function list(p, type, query, origin) {
  const s = p.settings, all = [...(type === 'Users' ? p.users : p.groups).values()];
  if (query.filter && s.filters === 'refuse') throw new ScimError(400, 'invalidFilter', 'no filters');
  if (/members/.test(query.filter ?? '') && !query.filter.includes(`${s.memberFilter} eq`)) throw new ScimError(400, 'invalidFilter', 'not by members');
  const found = query.filter && s.filters !== 'ignore' ? all.filter(matcher(query.filter)) : all;
  const asked = Number(query.count ?? s.pageMax), count = Math.min(Number.isNaN(asked) ? s.pageMax : asked, s.pageMax);
  if (s.largestCount && asked > s.largestCount) throw new ScimError(413, 'tooMany', 'too many at a time');
  const answer = (items, more) => {
    const resources = items.map((r) => p.shown(type, r, origin));
    if (String(query.excludedAttributes ?? '').includes('members')) for (const r of resources) delete r.members;
    return { schemas: [`${MESSAGE}ListResponse`], itemsPerPage: items.length, Resources: resources, ...more };
  };
  if (s.paging === 'none') return answer(found.slice(0, count), { totalResults: found.length, startIndex: 1 });
  if (s.paging === 'index') {
    const start = Math.max(1, Number(query.startIndex ?? 1));
    return answer(found.slice(start - 1, start - 1 + count), { totalResults: found.length, startIndex: start });
  }
  // Cursors: nothing is said of how many there are.
  if (query.cursor && (s.expireCursors > 0 || !p.cursors.has(query.cursor))) {
    s.expireCursors -= 1;
    throw new ScimError(400, s.expireCursors % 2 ? 'invalidCursor' : 'expiredCursor', 'begin again');
  }
  const rest = query.cursor ? p.cursors.get(query.cursor) : found.map((r) => r.id);
  const page = rest.slice(0, count), left = rest.slice(count), store = type === 'Users' ? p.users : p.groups;
  const nextCursor = left.length ? randomUUID() : undefined;
  if (nextCursor) p.cursors.set(nextCursor, left);
  return answer(page.map((id) => store.get(id)).filter(Boolean), nextCursor ? { nextCursor } : {});
}

function discovery(p, path) {
  const s = p.settings;
  if (s.discovery !== 'json') {
    if (s.discovery === 'html') return { status: 200, html: '<!doctype html><title>SCIM</title>' };
    throw new ScimError(Number(s.discovery), undefined, 'no discovery');
  }
  const attribute = (name) => ({ name, type: 'string' });
  if (path === '/ServiceProviderConfig') {
    return { status: 200, json: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'], patch: { supported: s.patch }, sort: { supported: false },
      filter: { supported: s.filters !== 'refuse', maxResults: s.pageMax }, etag: { supported: s.etag }, changePassword: { supported: false },
      bulk: s.bulk ? { supported: true, ...s.bulk } : { supported: false, maxOperations: 0, maxPayloadSize: 0 },
      ...(s.paging === 'cursor' ? { pagination: { cursor: true, index: false, maxPageSize: s.pageMax } } : {}),
      ...(s.async ? { securityEvents: { asyncRequest: 'request', eventUris: [ASYNC] } } : {}) } };
  }
  const resources = path === '/ResourceTypes' ? [{ id: 'User', name: 'User', endpoint: '/Users', schema: USER }, { id: 'Group', name: 'Group', endpoint: '/Groups', schema: GROUP }]
    : [{ id: USER, attributes: ['userName', 'displayName', 'active', ...(s.roles === 'attribute' ? ['roles'] : [])].map(attribute) }, { id: ENTERPRISE, attributes: [attribute('department')] }];
  return { status: 200, json: { schemas: [`${MESSAGE}ListResponse`], totalResults: resources.length, Resources: resources } };
}

// One operation on one resource; what Bulk and 202 have in common.
function apply(p, { method, path, body, ifMatch, origin }) {
  const s = p.settings, [, type, id] = /^\/(Users|Groups)(?:\/([^/?]+))?$/.exec(path) ?? [];
  if (!type) throw new ScimError(404, undefined, 'no such endpoint');
  const store = type === 'Users' ? p.users : p.groups;
  if (method === 'POST' && !id) {
    const made = create(p, type, body), location = s.location === 'none' ? undefined : `${s.location === 'absolute' ? origin : ''}${p.base}/${type}/${made.id}`;
    return { status: 201, json: s.createBody ? p.shown(type, made, origin) : undefined, headers: location ? { location } : {}, location, made };
  }
  const now = store.get(decodeURIComponent(id ?? ''));
  if (!now) throw new ScimError(404, undefined, 'not found');
  if (method === 'GET') {
    const headers = s.etag ? { etag: p.version(now) } : {}, json = p.shown(type, now, origin);
    // Somebody else is faster than whoever reads now.
    if (s.races > 0) { s.races -= 1; now.bump = (now.bump ?? 0) + 1; }
    return { status: 200, json, headers };
  }
  if (s.etag && type === 'Users' && ifMatch !== p.version(now)) throw new ScimError(412, undefined, ifMatch ? 'another version' : 'If-Match is needed');
  if (method === 'DELETE') {
    store.delete(now.id);
    for (const group of p.groups.values()) group.members = group.members.filter((m) => m.value !== now.id);
    return { status: 204 };
  }
  if (method === 'PATCH') {
    store.set(now.id, patch(p, type, now, body));
  } else if (method === 'PUT' && s.put && (type === 'Users' || s.replaceMembers)) {
    const after = { ...body, id: now.id };
    delete after.groups; delete after.meta;
    check(p, after);
    store.set(now.id, after);
  } else {
    throw new ScimError(501, undefined, 'not here');
  }
  const after = store.get(now.id);
  return type === 'Groups' ? { status: 204 } : { status: 200, json: p.shown(type, after, origin), headers: s.etag ? { etag: p.version(after) } : {} };
}

const errorBody = (e) => ({ schemas: [`${MESSAGE}Error`], status: String(e.status), ...(e.scimType ? { scimType: e.scimType } : {}), detail: e.message });

function attempt(p, operation) {
  try {
    return apply(p, operation);
  } catch (e) {
    if (!(e instanceof ScimError)) throw e;
    return { status: e.status, json: errorBody(e) };
  }
}

function bulk(p, body, text, origin) {
  const { bulk: limits } = p.settings;
  if (!limits) throw new ScimError(501, undefined, 'no Bulk');
  if (limits.fault) throw new ScimError(limits.fault, undefined, 'as a whole');
  if (text.length > (limits.realPayloadSize ?? limits.maxPayloadSize) || body.Operations.length > (limits.realOperations ?? limits.maxOperations)) throw new ScimError(413, 'tooMany', 'too large');
  const Operations = body.Operations.map((operation) => {
    const result = attempt(p, { method: operation.method, path: operation.path, body: operation.data, ifMatch: operation.version, origin });
    return { method: operation.method, ...(limits.silentIds && operation.method !== 'POST' ? {} : { bulkId: operation.bulkId }), status: limits.numbers ? result.status : String(result.status),
      ...(result.location ? { location: `${origin}${p.base}/${result.location.split('/').slice(-2).join('/')}` } : {}), ...(result.status >= 400 ? { response: result.json } : {}) };
  });
  if (limits.forget) Operations.splice(limits.forget - 1, 1);
  return { status: 200, json: { schemas: [`${MESSAGE}BulkResponse`], Operations } };
}

const base64url = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');

// A SET; unsigned, since it comes straight from whom it is about (RFC 8417 allows it).
function set(p, txn, events, subject) {
  const jti = randomUUID();
  return { jti, token: `${base64url({ typ: 'secevent+jwt', alg: 'none' })}.${base64url({ iss: p.name, jti, iat: Math.floor(Date.now() / 1000), ...(txn ? { txn } : {}), sub_id: { format: 'scim', ...subject }, events })}.` };
}

function later(p, operation) {
  const s = p.settings, txn = randomUUID(), { method, path } = operation;
  setTimeout(() => {
    if (s.async === 'lost') return;
    const result = attempt(p, operation);
    const outcome = { method, status: String(result.status), ...(result.location ? { location: result.location } : {}), ...(result.status >= 400 ? { response: result.json } : {}) };
    const { jti, token } = set(p, txn, { [ASYNC]: outcome }, { uri: result.location ? `/${result.location.split('/').slice(-2).join('/')}` : path });
    p.pending.set(txn, s.async === 'operation' ? outcome : s.async === 'claims' ? { txn, events: { [ASYNC]: outcome } } : token);
    if (s.async === 'notice') p.events.set(jti, token);
  }, s.asyncMs);
  const location = s.async === 'notice' || s.async === 'silent' || s.async === 'lost' ? {} : s.async === 'resource' && method !== 'POST' ? { location: `${p.base}${path}` } : { location: `${p.base}/Outcomes/${txn}` };
  return { status: 202, headers: { 'set-txn': txn, 'preference-applied': 'respond-async', ...location } };
}

function outcome(p, txn) {
  const found = p.pending.get(txn);
  if (!found) throw new ScimError(404, undefined, 'not yet');
  return typeof found === 'string' ? { status: 200, text: found, type: 'application/secevent+jwt' } : { status: 200, json: found };
}

// RFC 8936 §2.4
function poll(p, { ack = [], maxEvents = 10 }) {
  for (const jti of ack) p.events.delete(jti);
  const sets = [...p.events].slice(0, maxEvents);
  return { status: 200, json: { sets: Object.fromEntries(sets), moreAvailable: p.events.size > sets.length } };
}

function authorised(p, req) {
  const given = req.headers.authorization ?? '', s = p.settings;
  if (s.auth === 'tls') return req.socket.authorized === true;
  if (s.auth === 'basic') return given === `Basic ${Buffer.from(`sen:${TOKEN}`).toString('base64')}`;
  if (s.auth === 'oauth2') return (p.tokens.get(given.replace(/^Bearer /, '')) ?? 0) > Date.now();
  return given === `Bearer ${TOKEN}`;
}

// RFC 6749 §4.4
function token(p, req, text) {
  const form = new URLSearchParams(text), made = randomUUID();
  if (req.headers.authorization !== `Basic ${Buffer.from(`sen%2Fclient:${encodeURIComponent(TOKEN)}`).toString('base64')}` || form.get('grant_type') !== 'client_credentials') {
    return { status: 401, json: { error: 'invalid_client' } };
  }
  p.tokens.set(made, Date.now() + p.settings.tokenLives * 1000);
  return { status: 200, json: { access_token: made, token_type: 'Bearer', expires_in: p.settings.tokenSays ?? p.settings.tokenLives, scope: form.get('scope') ?? '' } };
}

function route(p, req, path, query, text, origin) {
  const s = p.settings, { method } = req;
  if (path === '/token') return token(p, req, text);
  if (!authorised(p, req)) throw new ScimError(401, undefined, 'who are you?');
  const canned = p.next.findIndex((n) => (!n.method || n.method === method) && (!n.path || path.startsWith(n.path)));
  if (canned >= 0) { const [n] = p.next.splice(canned, 1); if (!n.after) return n; }
  if (['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'].includes(path)) return discovery(p, path);
  if (text && !/^application\/json/.test(req.headers['content-type'] ?? '') && s.media !== 'scim' && path !== '/events') throw new ScimError(s.media === 'json500' ? 500 : 415, undefined, 'media type');
  const body = text ? JSON.parse(text) : undefined;
  if (path === '/events') return poll(p, body);
  if (path.startsWith('/Outcomes/')) return outcome(p, path.slice(10));
  if (path === '/Bulk') return bulk(p, body, text, origin);
  if (path === '/Users/.search' && method === 'POST') {
    if (!s.search) throw new ScimError(404, undefined, 'no search');
    return { status: 200, json: list(p, 'Users', body, origin) };
  }
  if (method === 'GET' && /^\/(Users|Groups)$/.test(path)) return { status: 200, json: list(p, path.slice(1), query, origin) };
  const operation = { method, path, body, ifMatch: req.headers['if-match'], origin };
  if (s.async && method !== 'GET' && path.startsWith('/Users') && /respond-async/.test(req.headers.prefer ?? '')) return later(p, operation);
  return apply(p, operation);
}

// What others do there, with the platform's own means.
function act(p, { act: what, login, role, roles }) {
  const user = [...p.users.values()].find((u) => lower(u.userName) === lower(login)), groups = p.settings.roles !== 'attribute';
  const group = (name) => [...p.groups.values()].find((g) => g.displayName === name) ?? create(p, 'Groups', { schemas: [GROUP], displayName: name });
  const leave = () => { for (const g of p.groups.values()) if (g.displayName.startsWith('sen-')) g.members = g.members.filter((m) => m.value !== user.id); };
  switch (what) {
    case 'foreign': create(p, 'Users', { schemas: [USER], userName: login, displayName: 'Người Khác', active: true, name: { familyName: 'Người', givenName: 'Khác' }, ...(p.settings.wantsPassword ? { password: 'x' } : {}) }); break;
    case 'rename': user.displayName = 'Ai đó khác'; break;
    case 'take': if (groups) leave(); else delete user.roles; break;
    case 'give': if (groups) group(`sen-${role}`).members.push({ value: user.id }); else user.roles = [...(user.roles ?? []), { value: role }]; break;
    case 'enable': user.active = true; break;
    case 'unmark': delete user.externalId; break;
    case 'mismark': user.externalId = randomUUID(); break;
    case 'phone': user.phoneNumbers = [{ type: 'work', value: '0238 111 222' }]; break;
    case 'delete': p.users.delete(user.id); for (const g of p.groups.values()) g.members = g.members.filter((m) => m.value !== user.id); break;
    case 'fill': for (const id of roles) group(role).members.push({ value: id }); break;
    case 'notice': { const s = set(p, undefined, { 'urn:ietf:params:scim:event:prov:patch:notice': { attributes: ['displayName'] } }, { uri: `/Users/${user.id}`, externalId: user.externalId }); p.events.set(s.jti, s.token); break; }
    // As RFC 9967 §2.4.2 has it (figure 7).
    case 'group-notice': { const s = set(p, undefined, { 'urn:ietf:params:scim:event:prov:patch:notice': { attributes: ['members'] } }, { uri: '/Groups/176f397e', externalId: 'crmUsers' }); p.events.set(s.jti, s.token); break; }
    default: throw new Error(what);
  }
}

function control(name, body) {
  const p = platforms[name];
  if (body?.reset) p.reset();
  if (body?.wipe) { p.users.clear(); p.groups.clear(); }
  if (body?.settings) Object.assign(p.settings, body.settings);
  if (body?.next) p.next.push(...body.next);
  if (body?.forgetCalls) p.calls = [];
  if (body?.expireTokens) p.tokens.clear();
  if (body?.act) act(p, body);
  return { users: [...p.users.values()], groups: [...p.groups.values()], calls: p.calls, events: [...p.events.keys()], tokens: p.tokens.size };
}

async function serve(req, res) {
  let text = '', answer;
  try {
    for await (const chunk of req) text += chunk;
  } catch {
    return;
  }
  const url = new URL(req.url, 'http://x'), origin = `${req.socket.encrypted ? 'https' : 'http'}://${req.headers.host}`;
  const [, name, path] = /^\/(\w+)(?:\/scim\/v2)?(\/.*)?$/.exec(url.pathname) ?? [];
  if (url.pathname === '/healthz') return void res.end('ok\n');
  if (url.pathname.startsWith('/control/')) return void res.end(JSON.stringify(control(url.pathname.slice(9), text ? JSON.parse(text) : undefined)));
  const p = platforms[name];
  try {
    p.calls.push({ method: req.method, path, query: url.search, body: text && path !== '/token' ? JSON.parse(text) : undefined, type: req.headers['content-type'], prefer: req.headers.prefer, ifMatch: req.headers['if-match'] });
    if (p.settings.slowMs && req.method !== 'GET') await new Promise((resolve) => { setTimeout(resolve, p.settings.slowMs); });
    answer = route(p, req, path, Object.fromEntries(url.searchParams), text, origin);
  } catch (e) {
    if (!(e instanceof ScimError)) console.error(e);
    answer = { status: e.status ?? 500, json: errorBody(e instanceof ScimError ? e : new ScimError(500, undefined, 'broken')) };
  }
  const body = answer.text ?? answer.html ?? (answer.json === undefined ? '' : JSON.stringify(answer.json));
  res.writeHead(answer.status, { 'content-type': answer.type ?? (answer.html ? 'text/html' : p.settings.answerType), 'content-length': Buffer.byteLength(body), ...answer.headers });
  res.end(body);
}

http.createServer(serve).listen(Number(LISTEN_PORT), LISTEN_HOST);
if (TLS_PORT) {
  https.createServer({ key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT), ca: readFileSync(TLS_CA), requestCert: true, rejectUnauthorized: false }, serve).listen(Number(TLS_PORT), LISTEN_HOST);
}
process.on('SIGTERM', () => process.exit(0));
