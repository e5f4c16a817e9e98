// The cases of scim-rfc/ (RFC 7643, 7644, 9865) against our server, where all have to pass; and against npm scimmy, where those of
// scim-rfc/scimmy-differences.json have to fail, and no others: so a case that can never fail, and a reason that is none any more, are seen.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { BASE, feedMaker } from './lib/feeds.mjs';
import { administrator, freshEmployee, sql } from './lib/world.mjs';
import { casesFor } from './scim-rfc/cases.mjs';
import { fixtures } from './scim-rfc/fixtures.mjs';
import { runAll } from './scim-rfc/runner.mjs';
import { startScimmy } from './scim-rfc/scimmy.mjs';

// Why each of them fails, by case.
const reasons = JSON.parse(readFileSync(new URL('scim-rfc/scimmy-differences.json', import.meta.url)));
const expected = Object.fromEntries(Object.entries(reasons).flatMap(([reason, ids]) => ids.map((id) => [id, reason])));

// A feed of its own, that gives what RFC users lack: unit, title, kind.
async function sen() {
  const [[unit, division]] = await sql(`SELECT c.code, d.code FROM sen.unit c JOIN sen.unit d ON d.parent_id = c.id AND d.kind = 'division' WHERE c.kind IN ('commune', 'ward') ORDER BY 1 DESC, 2 LIMIT 1`);
  const feed = feedMaker(await administrator(), await freshEmployee());
  const { token } = await feed(`rfc-${randomUUID().slice(0, 6)}`, unit, { default_unit: division, default_title: 'Chuyên viên', default_kind: 'cong_chuc', rate_per_s: 10000 });
  return { name: 'sen', has: ['cursor'], base: BASE, authorization: `Bearer ${token}` };
}

async function outcomes(server, cases) {
  server.world = await fixtures(server);
  return runAll(server, cases, 6);
}

describe('sen', () => {
  const cases = casesFor({ name: 'sen', has: ['cursor'] });
  let outcome;
  before(async () => { outcome = await outcomes(await sen(), cases); });
  for (const one of cases) test(`${one.id} (${one.rfc})`, () => { if (outcome.get(one.id)) throw outcome.get(one.id); });
});

describe('scimmy', () => {
  const cases = casesFor({ name: 'scimmy', has: [] });
  let outcome, server;
  before(async () => {
    server = { name: 'scimmy', ...(await startScimmy(randomUUID())) };
    outcome = await outcomes(server, cases);
  });
  after(() => server?.close());
  test('each difference that is listed is of a case that is run', () => assert.deepEqual(Object.keys(expected).filter((id) => !cases.some((one) => one.id === id)), []));
  for (const one of cases) {
    test(one.id, () => {
      if (outcome.get(one.id) && !expected[one.id]) throw outcome.get(one.id);
      assert.ok(outcome.get(one.id) || !expected[one.id], `it passes, and is listed: ${expected[one.id]}`);
    });
  }
});
