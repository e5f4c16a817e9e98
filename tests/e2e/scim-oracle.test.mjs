// Our SCIM filters and PATCH against npm scim2-parse-filter and scim-patch, on generated cases: trees and results are equal where RFC 7644 is
// clear.  Where they are not, the difference is named here, with the reason, and has to occur: a reason that explains nothing is dead.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import parser from 'scim2-parse-filter';
import { scimPatch } from 'scim-patch';

const ENT = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const CASES = 1500;

// One answer a line, in order.
class Peer {
  constructor(path) {
    this.child = spawn(path);
    this.waiting = [];
    createInterface({ input: this.child.stdout }).on('line', (line) => this.waiting.shift()(JSON.parse(line)));
  }

  ask(what, values) {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin.write(`${JSON.stringify({ do: what, ...values })}\n`);
    });
  }

  close() { this.child.stdin.end(); }
}

let sen;
before(async () => {
  const path = process.env.SEN_SCIM_PEER ?? `${(await import('./lib/world.mjs')).env.SEN_STATE}/bin/scim_peer`;
  sen = new Peer(path);
});
after(() => sen.close());

// The same cases each time.
let seed = 20261126;
const random = (n) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor((seed / 4294967296) * n);
};
const one = (list) => list[random(list.length)];
const maybe = (p, make) => (random(100) < p ? make() : undefined);

// No backslash among them: a value is a JSON string (RFC 7644 §3.4.2.2), theirs leaves its escapes as they stand.
const words = ['a', 'ab', 'b', 'an', 'đà', 'x y'];
const singles = ['userName', 'displayName', 'nickName', 'title', 'name.givenName', 'name.familyName', `${ENT}:department`, `${ENT}:division`];
const resourceOf = () => {
  const text = () => one(words);
  const clean = (object) => Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined && Object.keys(v).length !== 0));
  const name = clean({ givenName: maybe(60, text), familyName: maybe(60, text) });
  const emails = ['work', 'home', 'other'].filter(() => random(2)).map((type) => clean({ value: text(), type, display: maybe(40, text) }));
  const phoneNumbers = maybe(40, () => [{ value: text(), type: one(['work', 'home']) }]);
  const ent = clean({ department: maybe(60, text), division: maybe(40, text) });
  return clean({ userName: text(), displayName: maybe(60, text), nickName: maybe(50, text), title: maybe(40, text), active: maybe(70, () => random(2) === 0) ?? true, name, emails, phoneNumbers, [ENT]: ent });
};

const quoted = (text) => JSON.stringify(text);
const leaf = (names) => (random(5) === 0 ? `${one(names)} pr` : `${one(names)} ${one(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])} ${quoted(one(words))}`);
const expression = (make, depth) => {
  const roll = random(10);
  if (depth === 0 || roll < 4) return make();
  if (roll < 6) return `${expression(make, depth - 1)} and ${expression(make, depth - 1)}`;
  if (roll < 8) return `${expression(make, depth - 1)} or ${expression(make, depth - 1)}`;
  if (roll < 9) return `not (${expression(make, depth - 1)})`;
  return `(${expression(make, depth - 1)})`;
};
const term = () => {
  const roll = random(10);
  if (roll < 6) return leaf(singles);
  if (roll < 7) return `active eq ${one(['true', 'false'])}`;
  if (roll < 8) return `emails.${leaf(['value', 'type'])}`;
  return `emails[${expression(() => leaf(['value', 'type', 'display']), 2)}]`;
};

// "(a or b) or c" and "a or b or c" are the same.
const flat = (node) => {
  if (!node || typeof node !== 'object') return node;
  const { filters, filter, valFilter, ...rest } = node;
  const list = filters?.map(flat).flatMap((f) => (f.op === node.op ? f.filters : [f]));
  return { ...rest, ...(list ? { filters: list } : {}), ...(filter ? { filter: flat(filter) } : {}), ...(valFilter ? { valFilter: flat(valFilter) } : {}) };
};

test('filters: the same tree', async () => {
  for (let i = 0; i < CASES; i += 1) {
    const filter = expression(term, 4);
    const ours = await sen.ask('filter', { filter });
    assert.deepEqual(flat(ours.tree), flat(JSON.parse(JSON.stringify(parser.parse(filter)))), filter);
  }
});

// Why the two may not say the same of a resource.
const filterReasons = {
  '"not" in brackets is of one value: another may have what this one lacks (theirs: of all of them)': (f) => /\[[^\]]*not \(/.test(f),
  'ne of several values: none of them is equal (theirs: one is not)': (f) => /emails\.(value|type) ne /.test(f),
  'ne of what is absent holds: it is not equal (theirs: nothing is compared)': (f) => / ne /.test(f),
};

test('filters: the same answer', async () => {
  const used = new Set();
  let agreed = 0;
  for (let i = 0; i < CASES; i += 1) {
    const filter = expression(term, 3), resource = resourceOf();
    const ours = (await sen.ask('filter', { filter, resource })).holds;
    const theirs = parser.filter(parser.parse(filter))(resource);
    if (ours === theirs) { agreed += 1; continue; }
    const reason = Object.entries(filterReasons).find(([, explains]) => explains(filter));
    assert.ok(reason, `${filter} of ${JSON.stringify(resource)}: ${ours}, they say ${theirs}`);
    used.add(reason[0]);
  }
  assert.deepEqual([...used].sort(), Object.keys(filterReasons).sort());
  assert.ok(agreed > CASES / 2, `${agreed} of ${CASES}`);
});

const operation = () => {
  const text = one(words), type = one(['work', 'home', 'other']);
  return one([
    () => ({ op: 'replace', path: one(singles), value: text }), () => ({ op: 'add', path: one(singles), value: text }),
    () => ({ op: 'remove', path: one(singles.slice(1)) }), () => ({ op: 'replace', path: 'active', value: random(2) === 0 }),
    () => ({ op: 'replace', path: 'name', value: { givenName: text } }), () => ({ op: 'add', path: 'name', value: { familyName: text } }),
    () => ({ op: 'add', path: 'emails', value: [{ value: text, type }] }), () => ({ op: 'replace', path: 'emails', value: [{ value: text, type }] }),
    () => ({ op: 'replace', path: `emails[type eq "${type}"].value`, value: text }), () => ({ op: 'replace', path: `emails[type eq "${type}"].display`, value: text }),
    () => ({ op: 'add', path: `emails[type eq "${type}"].display`, value: text }), () => ({ op: 'remove', path: `emails[type eq "${type}"]` }),
    () => ({ op: 'remove', path: `emails[type eq "${type}"].display` }), () => ({ op: 'remove', path: 'emails' }),
    () => ({ op: 'remove', path: `emails[value eq ${quoted(text)} or type eq "${type}"]` }), () => ({ op: 'replace', value: { displayName: text, nickName: text } }),
    () => ({ op: 'add', value: { title: text, name: { givenName: text } } }), () => ({ op: 'replace', value: { 'name.familyName': text } }),
    () => ({ op: 'add', value: { [`${ENT}:department`]: text } }), () => ({ op: 'Replace', path: `${ENT}:division`, value: text }),
    () => ({ op: 'remove', path: 'emails', value: [{ value: text }] }), () => ({ op: 'add', path: 'phoneNumbers', value: { value: text } }),
  ])();
};

// What is nothing is not there; order of members does not count.
const canonical = (value) => {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, canonical(v)]).filter(([, v]) => v !== undefined && v !== null && v !== '' && !(typeof v === 'object' && Object.keys(v).length === 0))
    .sort(([a], [b]) => (a < b ? -1 : 1)));
};
const theirsOf = (resource, Operations) => {
  try {
    return canonical(scimPatch(structuredClone(resource), structuredClone(Operations)));
  } catch (error) {
    return { refused: error.scimCode ?? error.constructor.name };
  }
};

const reasons = {
  'a complex value is merged into what is there, with and without a path (§3.5.2.1: a set of sub-attributes)': (o) => !o.path && typeof o.value.name === 'object',
  'add behind brackets that match nothing makes the value they describe, as Entra wants; without what it requires it is refused': (o) => o.op === 'add' && /\[/.test(o.path ?? ''),
  'one value where several may stand is a list of it': (o) => o.op === 'add' && o.path === 'phoneNumbers',
  'a remove by value takes what has that value, as Entra means it (theirs: what is equal as a whole)': (o) => o.op === 'remove' && o.value !== undefined,
  'brackets that match nothing have no target (§3.5.2.2, §3.5.2.3)': (o) => /\[/.test(o.path ?? ''),
};

const outcomes = async (resource, Operations) => {
  const answer = await sen.ask('patch', { resource, body: { schemas: [PATCH], Operations } });
  const ours = answer.refused ? { refused: answer.refused } : canonical(answer.resource), theirs = theirsOf(resource, Operations);
  const said = (one) => JSON.stringify(one.refused ? { refused: true } : one);
  return { ours, theirs, same: said(ours) === said(theirs) };
};

test('PATCH: the same resource', async (t) => {
  const used = new Set();
  let agreed = 0;
  for (let i = 0; i < CASES; i += 1) {
    const resource = resourceOf(), Operations = [operation()], { ours, theirs, same } = await outcomes(resource, Operations);
    if (same) { agreed += 1; continue; }
    const reason = Object.entries(reasons).find(([, explains]) => explains(Operations[0]));
    assert.ok(reason, `${JSON.stringify(Operations)} of ${JSON.stringify(resource)}: ${JSON.stringify(ours)}, they make ${JSON.stringify(theirs)}`);
    used.add(reason[0]);
  }
  t.diagnostic(`${agreed} of ${CASES} the same`);
  assert.deepEqual([...used].sort(), Object.keys(reasons).sort());
  assert.ok(agreed > CASES * 0.7, `${agreed} of ${CASES}`);
});

// One after the other, and all or none: what explains a difference is one of the operations.
test('PATCH: documents of several operations', async (t) => {
  let agreed = 0, refused = 0;
  for (let i = 0; i < CASES; i += 1) {
    const resource = resourceOf(), Operations = Array.from({ length: 2 + random(4) }, operation), { ours, theirs, same } = await outcomes(resource, Operations);
    agreed += same;
    refused += same && Boolean(ours.refused);
    if (!same) {
      assert.ok(Operations.some((o) => Object.values(reasons).some((explains) => explains(o))),
        `${JSON.stringify(Operations)} of ${JSON.stringify(resource)}: ${JSON.stringify(ours)}, they make ${JSON.stringify(theirs)}`);
    }
  }
  t.diagnostic(`${agreed} of ${CASES} the same, ${refused} of them refused by both`);
  assert.ok(agreed > CASES * 0.35, `${agreed} of ${CASES}`);
});
