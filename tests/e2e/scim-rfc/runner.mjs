// Runs cases of tables against a SCIM server.  A case is { id, rfc, steps } and says what RFC 7643, 7644 or 9865 wants; it knows no server.
//
// A step: { method, path, query, body, headers, status, scimType, json, head, save, check }.  "{{a.id}}" in any text is a value of the world:
// the fixtures, what earlier steps saved, {{n}} of the case.  json is matched in part: of an object only what is named counts, ABSENT has to be
// absent, an array as a whole, a RegExp and a function decide for themselves.  status may be a list.

import assert from 'node:assert/strict';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENT = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
export const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';
export const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
export const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
export const ABSENT = Symbol('absent');
export const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
export const isText = (value) => typeof value === 'string' && value.length > 0;

let serial = 0;
export const nextSerial = () => { serial += 1; return serial; };

const valueAt = (world, path) => path.split('.').reduce((value, name) => value?.[name], world);

// {{name}} in every text of a value.
export function fill(value, world) {
  if (typeof value === 'string') {
    return value.replace(/\{\{([^}]+)\}\}/g, (all, path) => {
      const found = valueAt(world, path);
      if (found === undefined) throw new Error(`the case names ${all}, which there is not`);
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((one) => fill(one, world));
  if (value === null || typeof value !== 'object' || value instanceof RegExp) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [fill(k, world), fill(v, world)]));
}

export function match(got, want, where = 'body') {
  if (want === ABSENT) assert.equal(got, undefined, `${where} is there: ${JSON.stringify(got)}`);
  else if (typeof want === 'function') assert.ok(want(got), `${where} is ${JSON.stringify(got)}: ${want}`);
  else if (want instanceof RegExp) assert.match(String(got), want, where);
  else if (Array.isArray(want)) {
    assert.ok(Array.isArray(got), `${where} is no list: ${JSON.stringify(got)}`);
    assert.equal(got.length, want.length, `${where}: ${JSON.stringify(got)}`);
    want.forEach((one, i) => match(got[i], one, `${where}[${i}]`));
  } else if (want !== null && typeof want === 'object') {
    assert.ok(got !== null && typeof got === 'object', `${where} is no object: ${JSON.stringify(got)}`);
    for (const [name, value] of Object.entries(want)) match(got[name], value, `${where}.${name}`);
  } else {
    assert.deepEqual(got, want, where);
  }
}

const addressOf = (server, step) => {
  const address = step.path.startsWith('http') ? step.path : `${server.base}${step.path}`;
  const query = Object.entries(step.query ?? {}).map(([k, v]) => (v === null ? k : `${k}=${encodeURIComponent(v)}`)).join('&');
  return query ? `${address}?${query}` : address;
};

async function send(server, step) {
  const body = step.body === undefined || typeof step.body === 'string' ? step.body : JSON.stringify(step.body);
  const once = () => fetch(addressOf(server, step), {
    method: step.method ?? 'GET',
    headers: { authorization: server.authorization, ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }), ...step.headers },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(server.patienceMs ?? 30000),
  });
  // A server that closes a connection behind an error takes whoever uses it next along.
  const answer = await once().catch((error) => { if (server.closes && error.cause?.code === 'UND_ERR_SOCKET') return once(); throw error; });
  const text = await answer.text();
  let json;
  try { json = JSON.parse(text); } catch { json = undefined; }
  return { status: answer.status, text, json, headers: answer.headers };
}

// RFC 7644 §3.12: schemas, status as a text, scimType where it says more.
function matchError(answer, step) {
  match(answer.json, { schemas: [ERROR], status: String(answer.status) });
  assert.deepEqual(Object.keys(answer.json).filter((name) => !['schemas', 'status', 'scimType', 'detail'].includes(name)), [], 'an error says more than it may');
  if (step.scimType) assert.ok([step.scimType].flat().includes(answer.json.scimType), `scimType is ${answer.json.scimType}: ${answer.text}`);
}

export async function runStep(server, raw, world) {
  const step = fill(raw, world);
  if (typeof step.body === 'function') step.body = step.body(world);
  // One Bulk after the other: a server may have room for few at once.
  const turn = step.path === '/Bulk' ? (server.bulks ?? Promise.resolve()).then(() => send(server, step)) : send(server, step);
  if (step.path === '/Bulk') server.bulks = turn.catch(() => undefined);
  const answer = await turn;
  const said = `${step.method ?? 'GET'} ${step.path} ${JSON.stringify(step.query ?? {})}: ${answer.status} ${answer.text.slice(0, 600)}`;
  const wanted = [step.status ?? 200].flat();
  assert.ok(wanted.includes(answer.status), `${wanted.join(' or ')} is wanted of ${said}`);
  if (answer.status >= 400) matchError(answer, step);
  try {
    if (step.json !== undefined) match(answer.json, step.json);
    for (const [name, want] of Object.entries(step.head ?? {})) match(answer.headers.get(name) ?? undefined, want, name);
    step.check?.(answer, world);
  } catch (error) {
    error.message += `\n${said}`;
    throw error;
  }
  for (const [name, path] of Object.entries(step.save ?? {})) world[name] = path === '' ? answer.json : valueAt({ ...answer, head: Object.fromEntries(answer.headers) }, path);
  return answer;
}

export const changes = (one) => one.steps.some((step) => !['GET', undefined].includes(step.method) && !String(step.path).endsWith('.search'));

export async function runCase(server, one) {
  const world = { ...server.world, n: String(nextSerial()), base: server.base };
  for (const step of one.steps) await runStep(server, step, world);
}

// All cases; those that change something after the others, since lists are of the fixtures alone.  Errors by id; undefined: it passed.
export async function runAll(server, cases, width) {
  const outcome = new Map();
  for (const part of [cases.filter((one) => !changes(one)), cases.filter(changes)]) {
    const waiting = [...part];
    const work = async () => {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        outcome.set(one.id, await runCase(server, one).then(() => undefined, (error) => error));
      }
    };
    await Promise.all(Array.from({ length: width }, work));
  }
  return outcome;
}

// Sugar of the tables.
export const get = (path, more = {}) => ({ path, ...more });
export const post = (path, body, more = {}) => ({ method: 'POST', path, body, status: 201, ...more });
export const put = (path, body, more = {}) => ({ method: 'PUT', path, body, ...more });
export const patch = (path, Operations, more = {}) => ({ method: 'PATCH', path, body: { schemas: [PATCH], Operations }, status: [200, 204], ...more });
export const remove = (path, more = {}) => ({ method: 'DELETE', path, status: 204, ...more });
