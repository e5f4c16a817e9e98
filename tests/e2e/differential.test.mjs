// The same requests, good and malformed, to npm oidc-provider and to sen: every difference is argued in
// differential/argued.mjs, and every argument is still needed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { argued } from './differential/argued.mjs';
import { casesOf, differenceOf, faultsOf } from './differential/compare.mjs';
import { pageOf } from './differential/page.mjs';
import { runTable } from './differential/run.mjs';

let rows, faults;

before(async () => {
  ({ rows, faults } = await runTable());
});

test('the table has its requests, each by a name of its own', () => {
  assert.ok(rows.length >= 300, `${rows.length} requests`);
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
});

test('good requests are good at both', () => {
  const good = rows.filter(({ name }) => /: good($|,)/.test(name) && !argued.some((one) => casesOf(one, [name]).includes(name)));
  assert.ok(good.length > 40);
  for (const { name, sen, peer } of good) {
    assert.ok(sen.status < 400 && !sen.error, `sen, ${name}: ${JSON.stringify(sen)}`);
    assert.ok(peer.status < 400 && !peer.error, `oidc-provider, ${name}: ${JSON.stringify(peer)}`);
  }
});

test('every difference is argued, every argument is needed', () => assert.deepEqual(faultsOf(rows, argued), []));

test('no request broke either of them', () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(
    rows.filter(({ sen, peer }) => sen.status >= 500 || peer.status >= 500),
    [],
  );
});

test('the comparison sees a difference, an argument too many and one too few', () => {
  const answer = { status: 400, place: 'JSON', error: 'invalid_grant', challenge: '', has: '', cache: '', cors: '' };
  const same = { name: 'same', sen: answer, peer: answer },
    other = { name: 'other', sen: answer, peer: { ...answer, error: 'invalid_request' } };
  const argument = { title: 't', cases: ['other'], differs: [{ error: ['invalid_grant', 'invalid_request'] }] };
  assert.equal(differenceOf(same), null);
  assert.deepEqual(faultsOf([same, other], [argument]), []);
  assert.match(faultsOf([same, other], []).join(), /not argued: "other"/);
  assert.match(faultsOf([same], [{ ...argument, cases: ['same'] }]).join(), /does not differ any more/);
  assert.match(faultsOf([same, other], [{ ...argument, differs: [{ error: ['invalid_grant', 'x'] }] }]).join(), /differs otherwise/);
  assert.match(faultsOf([other], [argument, argument]).join(), /argued twice/);
});

test('docs/differences.md is made of the arguments', () =>
  assert.equal(readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8'), pageOf()));
