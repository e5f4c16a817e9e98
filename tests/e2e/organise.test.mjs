// Units on a day, and a reorganisation from its draft to its end: two communes become one, while people work.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { writeFileSync } from 'node:fs';
import { senctl, senctlLogin } from '../../deploy/driver/world.mjs';
import { conforms, routes } from './lib/api.mjs';
import { deputyOf } from './lib/versioned.mjs';
import { administrator, env, introspectAs, official, p02, sql, tokensFor, insist } from './lib/world.mjs';

const matches = (pattern, path) => new RegExp(`^${pattern.slice('/api/v1'.length).replace(/\{\w+\}/g, '[^/]+')}$`).test(path);

// With header fields (If-Match), held against the document.
const api = (...request) => insist(() => send(...request));
async function send(who, method, path, body, headers = {}) {
  const answer = await fetch(`${env.SEN_API}${path}`, {
    method,
    headers: { authorization: `Bearer ${await who.accessToken()}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  const given = { status: answer.status, text, json: text ? JSON.parse(text) : undefined, headers: answer.headers, etag: answer.headers.get('etag') };
  conforms(routes.find((r) => r.method === method && matches(r.path, path.split('?')[0])), given);
  return given;
}

async function until(what, seconds = 120) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 250))) {
    const value = await what();
    if (value) return value;
  }
  throw new Error('it did not come to be');
}

// Codes of this run: the stack may be used again.
const tag = String(Math.floor(Math.random() * 90) + 10);
const code = (n) => `9${tag}${String(n).padStart(2, '0')}`;
const addUnit = (who, n, extra = {}) => api(who, 'POST', '/units', {
  code: code(n), name: `Xã Thử ${tag} ${n}`, kind: 'commune', parent: '40', valid_from: '2025-07-01', ...extra,
});

let admin, second;
before(async () => {
  admin = await administrator();
  second = await deputyOf('40', ['read', 'organise', 'approve']);
  for (const n of [1, 2, 3]) assert.equal((await addUnit(admin, n)).status, 201);
});

test('a unit has identifiers in both forms, days on which it is valid, and a version', async () => {
  const made = await addUnit(admin, 10, { ident_new: `H41.${tag}.05`, ident_old: `000.05.${tag}.H41`, valid_from: '2026-01-01', valid_to: '2030-01-01' });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.etag, '"1"');
  for (const [on, state] of [['2025-12-31', 'future'], ['2026-01-01', 'valid'], ['2029-12-31', 'valid'], ['2030-01-01', 'ended']]) {
    assert.equal((await api(admin, 'GET', `/units/${code(10)}?on=${on}`)).json.state, state, on);
    const listed = await api(admin, 'GET', `/units?q=${code(10)}&on=${on}`);
    assert.deepEqual(listed.json.units.map((u) => [u.code, u.state]), [[code(10), state]]);
  }
  assert.equal((await api(admin, 'GET', `/units?q=H41.${tag}.05`)).json.units[0].code, code(10));
  const changed = await api(admin, 'PATCH', `/units/${code(10)}`, { name: 'Xã Đổi Tên' }, { 'if-match': '"1"' });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.etag, '"2"');
  assert.equal((await api(admin, 'PATCH', `/units/${code(10)}`, { name: 'Khác' }, { 'if-match': '"1"' })).status, 412);
  assert.equal((await api(admin, 'PATCH', `/units/${code(10)}`, { name: 'Khác' })).status, 428);
  assert.equal((await api(admin, 'PATCH', `/units/${code(10)}`, { parent: '40' }, { 'if-match': '"2"' })).status, 400, 'a parent is changed by a reorganisation');
});

test('50 clients change one version: one wins, the others are told', async () => {
  const { json } = await api(admin, 'GET', `/units/${code(3)}`);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) =>
    api(admin, 'PATCH', `/units/${code(3)}`, { name: `Xã Đua ${i}` }, { 'if-match': `"${json.version}"` })));
  assert.deepEqual(answers.map((a) => a.status).sort().slice(0, 2), [200, 412]);
  assert.equal(answers.filter((a) => a.status === 200).length, 1);
});

test('what a unit may not look like', async () => {
  for (const [what, n, extra, status] of [
    ['a commune without 5 digits', 20, { code: 'XA1' }, 422], ['lower case', 21, { ident_new: 'h41.01' }, 422],
    ['too long', 22, { ident_new: `H41.${'0'.repeat(35)}` }, 422], ['an old form that is none', 23, { ident_old: '000.00.H41' }, 422],
    ['two agencies', 24, { ident_new: 'H41.01', ident_old: '000.00.01.H42' }, 422], ['a kind', 25, { kind: 'district' }, 422],
    ['an end before its beginning', 26, { valid_to: '2025-07-01' }, 422], ['a code that is taken', 1, {}, 409],
    ['an identifier that is taken', 27, { ident_new: `H41.${tag}.05` }, 409], ['a parent that is not there', 28, { parent: '99999' }, 404],
    ['a member that is not known', 29, { successor: '40' }, 400],
  ]) {
    const answer = await addUnit(admin, n, extra);
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
  }
});

test('pages of the tree hold each unit once, parents first, and only those in scope', async () => {
  const commune = (await sql(`SELECT code FROM sen.unit WHERE kind = 'ward' AND valid_to IS NULL ORDER BY 1 LIMIT 1`))[0][0];
  const who = await deputyOf(commune, ['read']);
  for (const order of ['tree', 'code']) {
    const seen = [];
    for (let next = ''; next !== undefined;) {
      const { status, json, text } = await api(who, 'GET', `/units?order=${order}&limit=2${next && `&after=${next}`}`);
      assert.equal(status, 200, text);
      seen.push(...json.units);
      next = json.next ?? undefined;
    }
    const expected = (await sql(`SELECT u.code FROM sen.unit u JOIN sen.unit c ON c.code = $1 AND starts_with(u.path, c.path)`, commune)).map(([c]) => c);
    assert.deepEqual(seen.map((u) => u.code).sort(), expected.sort());
    if (order === 'tree') seen.forEach((u, i) => assert.ok(i === 0 || seen.findIndex((p) => p.code === u.parent) < i));
  }
  assert.equal((await api(who, 'GET', '/units/40')).status, 404);
  assert.equal((await api(who, 'POST', '/units', { code: 'X', name: 'X', kind: 'division', parent: commune, valid_from: '2025-07-01' })).status, 403);
});

test('two communes become one, and whoever works there goes on working', async () => {
  const people = [await official(p02), await official(p02)];
  for (const [i, person] of people.entries()) {
    await sql(`UPDATE sen.post SET unit_id = (SELECT id FROM sen.unit WHERE code = $2) WHERE person_id = (SELECT person_id FROM sen.account WHERE id = $1);
      UPDATE sen.access_grant SET unit_id = (SELECT id FROM sen.unit WHERE code = $2) WHERE account_id = $1`, person.id, code(1 + i));
  }
  const tokens = await tokensFor(people[0].agent, p02, { scope: 'openid unit roles' });
  const grants = await sql('SELECT id FROM sen.access_grant WHERE account_id IN ($1, $2) ORDER BY id', people[0].id, people[1].id);
  const draft = {
    title: 'Sắp xếp đơn vị hành chính', decision_no: '15/NQ-HĐND', decision_on: '2026-11-20', effective_on: '2026-11-01', execute_at: '2026-11-02',
    steps: [{ kind: 'merge', from: [code(1), code(2)], into: [{ code: code(4), name: `Xã Hợp Nhất ${tag}` }] }],
  };
  // Not by who administers one of them only.
  const local = await deputyOf(code(1), ['read', 'organise', 'approve']);
  assert.equal((await api(local, 'POST', '/reorganisations', draft)).status, 403);

  const made = await api(admin, 'POST', '/reorganisations', draft);
  assert.equal(made.status, 201, made.text);
  const path = `/reorganisations/${made.json.id}`;
  assert.equal((await api(local, 'GET', path)).status, 404);
  assert.equal((await api(local, 'GET', `${path}/operations`)).status, 404);
  const edited = await api(admin, 'PUT', path, { ...draft, title: 'Sắp xếp hai xã' }, { 'if-match': made.etag });
  assert.equal(edited.status, 200, edited.text);
  assert.equal((await api(admin, 'PUT', path, draft, { 'if-match': made.etag })).status, 412);
  assert.equal((await api(second, 'POST', `${path}/approve`, { plan_hash: '0' }, { 'if-match': edited.etag })).json.code, 'wrong_state');

  let planned = await api(admin, 'POST', `${path}/plan`, {}, { 'if-match': edited.etag });
  assert.equal(planned.status, 200, planned.text);
  assert.equal(planned.json.blocking, 0);
  const { json: preview } = await api(second, 'GET', `${path}/operations?login=${people[0].login}`);
  assert.deepEqual(preview.operations.map((o) => [o.kind, o.platform, o.role, o.from, o.to]), [['grant_move', 'P02', p02.role, code(1), code(4)]]);
  const page = await api(second, 'GET', `${path}/operations?limit=1`);
  assert.equal(page.json.operations.length, 1);
  assert.ok(page.json.next);
  const { json: findings } = await api(second, 'GET', `${path}/findings`);
  assert.deepEqual(findings.findings.map((f) => [f.code, f.unit, f.login]), [['scope_falls', code(1), local.login]]);

  // Something changes: the plan is nobody's any more.
  await sql(`UPDATE sen.post SET title = 'Phó Chánh Văn phòng' WHERE person_id = (SELECT person_id FROM sen.account WHERE id = $1)`, people[0].id);
  const stale = await api(second, 'POST', `${path}/approve`, { plan_hash: planned.json.plan_hash }, { 'if-match': planned.etag });
  assert.equal(stale.status, 409, stale.text);
  const { etag } = await api(admin, 'GET', path);
  planned = await api(admin, 'POST', `${path}/plan`, {}, { 'if-match': etag });
  const own = await api(admin, 'POST', `${path}/approve`, { plan_hash: planned.json.plan_hash }, { 'if-match': planned.etag });
  assert.equal(own.json.code, 'four_eyes');
  const tries = await Promise.all(Array.from({ length: 50 }, () =>
    api(second, 'POST', `${path}/approve`, { plan_hash: planned.json.plan_hash }, { 'if-match': planned.etag })));
  assert.equal(tries.filter((t) => t.status === 200).length, 1, tries.map((t) => t.status).join());

  const done = await until(async () => { const { json } = await api(admin, 'GET', path); return json.state === 'done' && json; });
  assert.equal(done.report.exceptions, 0);
  assert.equal(done.report.operations.grant_move, 2);
  assert.equal((await introspectAs(p02, tokens.access_token)).active, true, 'a token of somebody who lost nothing ended');
  for (const person of people) {
    const fresh = await tokensFor(person.agent, p02, { scope: 'openid unit roles' });
    assert.equal((await introspectAs(p02, fresh.access_token)).active, true);
    const [[unit, title, posts]] = await sql(`SELECT u.code, o.title, (SELECT count(*) FROM sen.post x WHERE x.person_id = o.person_id) FROM sen.post o
      JOIN sen.unit u ON u.id = o.unit_id WHERE o.person_id = (SELECT person_id FROM sen.account WHERE id = $1) AND o.valid @> sen.today() AND o.kind = 'main'`, person.id);
    assert.equal(unit, code(4));
    assert.ok(title && posts === '2', 'the post in the old unit stays in the history');
  }
  assert.deepEqual(await sql('SELECT id FROM sen.access_grant WHERE account_id IN ($1, $2) AND revoked_at IS NULL ORDER BY id', people[0].id, people[1].id), grants);
  const old = (await api(admin, 'GET', `/units/${code(1)}`)).json;
  assert.deepEqual([old.state, old.valid_to, old.successors[0].code, Number(old.successors[0].share)], ['ended', '2026-11-01', code(4), 1]);
  assert.deepEqual((await api(admin, 'GET', `/units/${code(4)}`)).json.predecessors.map((u) => u.code), [code(1), code(2)]);
  // The one who administered a part administers nothing now.
  assert.equal((await api(local, 'GET', '/units')).status, 403);
  const audit = (await sql(`SELECT action FROM sen.audit WHERE object = 'reorganisation:' || $1 ORDER BY at, seq`, made.json.id)).map(([a]) => a);
  for (const action of ['add', 'edit', 'plan', 'stale', 'approve', 'begin', 'batch', 'finish']) assert.ok(audit.includes(`reorganisation.${action}`), action);
  assert.equal(audit.filter((a) => a === 'reorganisation.approve').length, 1);
});

test('a split says where everybody goes, or nobody approves it', async () => {
  const person = await official(p02);
  await sql(`UPDATE sen.post SET unit_id = (SELECT id FROM sen.unit WHERE code = $2) WHERE person_id = (SELECT person_id FROM sen.account WHERE id = $1);
    UPDATE sen.access_grant SET unit_id = (SELECT id FROM sen.unit WHERE code = $2) WHERE account_id = $1`, person.id, code(3));
  const draft = {
    title: 'Chia tách', decision_no: '16/NQ-HĐND', decision_on: '2026-11-20', effective_on: '2026-11-01', execute_at: '2026-11-02',
    steps: [{ kind: 'split', from: [code(3)], into: [{ code: code(5), name: 'Xã Năm' }, { code: code(6), name: 'Xã Sáu' }] }],
  };
  const made = await api(admin, 'POST', '/reorganisations', draft);
  const path = `/reorganisations/${made.json.id}`;
  const planned = await api(admin, 'POST', `${path}/plan`, {}, { 'if-match': made.etag });
  assert.ok(planned.json.blocking > 0);
  const blocked = await api(second, 'POST', `${path}/approve`, { plan_hash: planned.json.plan_hash }, { 'if-match': planned.etag });
  assert.equal(blocked.json.code, 'blocked');
  const { json: findings } = await api(admin, 'GET', `${path}/findings`);
  assert.deepEqual([...new Set(findings.findings.filter((f) => f.blocking).map((f) => `${f.code} ${f.employee_code}`))], [`unassigned ${person.employeeCode}`]);
  draft.steps[0].persons = { [person.employeeCode]: code(6) };
  const edited = await api(admin, 'PUT', path, draft, { 'if-match': planned.etag });
  const again = await api(admin, 'POST', `${path}/plan`, {}, { 'if-match': edited.etag });
  assert.equal(again.json.blocking, 0);
  const withdrawn = await api(admin, 'POST', `${path}/withdraw`, { reason: 'Chưa thống nhất' }, { 'if-match': again.etag });
  assert.equal(withdrawn.json.state, 'withdrawn');
  for (const bad of [{ kind: 'merge', from: [] }, { kind: 'melt', from: ['40'] }, { kind: 'move', from: ['40'] }, { kind: 'abolish', from: ['40'], persons: { X: 'no code' } },
    { kind: 'merge', from: ['40'], into: [{ code: '1', nme: 'x' }] }]) {
    const answer = await api(admin, 'POST', '/reorganisations', { ...draft, steps: [bad] });
    assert.equal(answer.status, 422, answer.text);
  }
});

test('senctl speaks of both, in two languages', async () => {
  const tokenFile = `${env.SEN_STATE}/tmp/senctl-organise-${tag}.json`;
  await senctlLogin(env, async (url) => {
    let answer = await admin.agent.request(url);
    if (answer.status === 200) answer = await admin.agent.signIn(answer, admin.login, admin.password);
    await fetch(answer.location);
  }, { tokenFile });
  const ctl = (...args) => senctl(env, args, { tokenFile });
  assert.match(await ctl('unit', 'show', code(1)), /hết hiệu lực/);
  assert.match(await ctl('--lang', 'en', 'unit', 'list', '--under', code(10), '--on', '2035-01-01'), /no longer valid/);
  assert.match(await ctl('unit', 'edit', code(10), '--name-en', 'Renamed Commune'), new RegExp(code(10)));
  const file = `${env.SEN_STATE}/tmp/reorganisation-${tag}.json`;
  writeFileSync(file, JSON.stringify({ title: 'Đổi tên', decision_no: '17/NQ-HĐND', decision_on: '2026-11-20', execute_at: '2027-11-02',
    steps: [{ kind: 'rename', from: [code(10)], into: [{ code: code(10), name: 'Xã Tên Mới' }] }] }));
  const made = JSON.parse(await ctl('--json', 'reorganisation', 'add', file));
  assert.match(await ctl('reorganisation', 'plan', made.id), /đã lập phương án/);
  assert.match(await ctl('reorganisation', 'preview', made.id), /unit_rename/);
  assert.match(await ctl('--lang', 'en', 'reorganisation', 'list', '--state', 'planned'), /planned/);
  assert.match(await ctl('reorganisation', 'withdraw', made.id, '--reason', 'Thử'), /đã rút/);
});

test('lists take the filters that they name, and no others', async () => {
  assert.equal((await api(admin, 'GET', '/reorganisations?state=done')).status, 200);
  assert.equal((await api(admin, 'GET', '/reorganisations?state=finished')).status, 422);
  const [[id, n]] = await sql(`SELECT r.id, (SELECT min(o.n) FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id AND o.person_id IS NOT NULL) FROM sen.reorganisation r
    WHERE r.state = 'done' AND EXISTS (SELECT FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id AND o.person_id IS NOT NULL) LIMIT 1`);
  const [[employee]] = await sql('SELECT p.employee_code FROM sen.reorganisation_op o JOIN sen.person p ON p.id = o.person_id WHERE o.reorganisation_id = $1 AND o.n = $2', id, n);
  await sql(`INSERT INTO sen.reorganisation_exception VALUES ($1, $2, 'changed')`, id, n);
  const of = async (query) => (await api(admin, 'GET', `/reorganisations/${id}/exceptions?${query}`)).json.exceptions.length;
  assert.deepEqual([await of(''), await of(`employee_code=${employee}`), await of('kind=changed')], [1, 1, 1]);
  assert.deepEqual([await of('employee_code=NOBODY'), await of('kind=gone'), await of('login=nobody')], [0, 0, 0]);
  await sql('DELETE FROM sen.reorganisation_exception WHERE reorganisation_id = $1', id);
});
