// Replacement of a platform: accounts really move from P02 (SCIM) to P03 (LDAP), tokens follow, nobody is without access in between; by hand and by itself.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ldapSearch, scimUsers, senctl, senctlJson, until } from '../../deploy/driver/world.mjs';
import { ctl } from './lib/servers.mjs';
import { administrator, authorizeUrl, env, introspectAs, p02, p03, run, sql, tokensFor } from './lib/world.mjs';
import { activate, call, change, communesWithFree, deputyOf, grantTo } from './lib/versioned.mjs';

const READ_ONLY = 'XL_CHUYENVIEN';
const rights = ['read', 'grant', 'revoke', 'catalogue', 'approve', 'appraise'];
const mailbox = async (id) => (await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${id})`))[0];
const isOff = (box) => (box?.employeeType ?? []).includes('disabled');
const scim = async (id) => (await scimUsers(env, `externalId eq "${id}"`))[0];

let admin, second, communes, roles, today;
before(async () => {
  admin = await administrator();
  communes = await communesWithFree(9);
  assert.ok(communes.length >= 3, 'communes with persons without an account');
  second = await deputyOf('40', rights);
  const { json } = await admin.api('GET', '/platforms');
  roles = json.platforms.find((p) => p.code === 'P02').roles.map(({ code }) => (code === p02.role ? { old: code, new: p03.role } : { old: code, drop: true }));
  [[today]] = await sql('SELECT sen.today()');
});

const plan = (unit, extra = {}) => ({ old: 'P02', new: 'P03', unit, cutover_on: today, basis: 'Quyết định số 77/QĐ-UBND', read_only_role: READ_ONLY, roles, automatic: false, ...extra });

async function approved(body, decision = {}) {
  const drawn = await admin.api('POST', '/replacements', body);
  assert.equal(drawn.status, 201, drawn.text);
  const path = `/replacements/${drawn.json.id}`;
  assert.equal((await change(admin, `${path}/submit`, {})).status, 200);
  const done = await change(second, `${path}/approve`, decision);
  assert.equal(done.status, 200, done.text);
  return path;
}

// Batch after batch; a server that goes away in the middle is asked again.
async function runStep(path, step, limit = 500) {
  for (;;) {
    let answer;
    try {
      answer = await second.api('POST', `${path}/run`, { step, limit });
    } catch {
      await sleep(100);
      continue;
    }
    if (answer.status >= 500) {
      await sleep(100);
      continue;
    }
    assert.equal(answer.status, 200, answer.text);
    if (answer.json.left[step] === 0) return answer.json;
    if (answer.json.done === 0) await sleep(200);
  }
}

test('what is drawn up by one is approved by another, within scope, as it was seen', async () => {
  const ward = await deputyOf(communes[0].code, rights);
  const beside = await deputyOf(communes[1].code, rights);
  assert.equal((await ward.api('POST', '/replacements', plan('40'))).status, 403);
  assert.equal((await ward.api('POST', '/replacements', plan(undefined, { no_handover: 'Không có dữ liệu' }))).status, 403);
  for (const bad of [{ roles: [] }, { roles: [...roles, roles[0]] }, { roles: [{ old: p02.role }] }, { roles: [{ old: p02.role, new: p03.role, drop: true }] },
    { new: 'P02' }, { cutover_on: 'mai' }, { read_only_role: 'NGUOIDUNG' }, { new: 'D01' }, { extra: 1 }, { read_only_on: '2999-01-01' }, { handover_on: today, no_handover: 'x' }, { automatic: 'yes' }])
    assert.ok((await ward.api('POST', '/replacements', plan(communes[0].code, bad))).status >= 400, JSON.stringify(bad));
  const partial = await ward.api('POST', '/replacements', plan(communes[0].code, { roles: roles.slice(1) }));
  const blocked = await change(ward, `/replacements/${partial.json.id}/submit`, {});
  assert.equal(blocked.json.code, 'blocked', blocked.text);
  assert.match(blocked.json.detail, new RegExp(roles[0].old));
  const { json } = await ward.api('POST', '/replacements', plan(communes[0].code));
  const path = `/replacements/${json.id}`;
  assert.equal((await beside.api('GET', path)).status, 404);
  assert.equal((await ward.api('POST', `${path}/run`, { step: 'grant' })).json.code, 'wrong_state');
  assert.equal((await call(ward, 'POST', `${path}/submit`, { body: {} })).status, 428);
  assert.equal((await change(ward, `${path}/submit`, {})).status, 200);
  assert.equal((await call(second, 'POST', `${path}/approve`, { body: {}, headers: { 'if-match': '"1"' } })).status, 412);
  assert.equal((await change(ward, `${path}/approve`, {})).json.code, 'four_eyes');
  assert.equal((await change(beside, `${path}/approve`, {})).status, 404);
  assert.equal((await change(ward, `${path}/cancel`, {})).json.state, 'cancelled');
});

test('accounts leave P02 and appear on P03; a server killed in the middle changes nothing about the end', { timeout: 300000 }, async () => {
  const { code, employees } = communes[1];
  const people = [];
  for (const employee of employees.slice(0, 8)) people.push(await grantTo(employee, p02));
  const person = await activate(people[0]);
  const tokens = await tokensFor(person.agent, p02);
  await until('all on P02', async () => (await Promise.all(people.map((p) => scim(p.id)))).every((u) => u?.active), 60000);
  const path = await approved(plan(code));

  const preview = await second.api('GET', `${path}/preview?step=grant&limit=200`);
  const previewed = new Set(preview.json.grants.filter((g) => g.carry === 'mapped').map((g) => g.login));
  for (const p of people) assert.ok(previewed.has(p.login), `${p.login} in the preview`);
  assert.equal((await second.api('POST', `${path}/run`, { step: 'revoke' })).json.code, 'blocked');

  const killer = (async () => {
    for (let i = 0; i < 3; i += 1) {
      await sleep(200);
      await ctl('kill', 'sen-server');
      await ctl('start', 'sen-server');
    }
  })();
  await runStep(path, 'grant', 1);
  await killer;
  await until('the server is back', async () => (await fetch(`${env.SEN_ADMIN_URL}/readyz`)).ok);
  const [[twice]] = await sql(`SELECT count(*) FROM (SELECT 1 FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = $1 AND g.revoked_at IS NULL
    GROUP BY g.account_id, g.unit_id HAVING count(*) > 1) t`, p03.role);
  assert.equal(twice, '0');
  await until('mailboxes on P03', async () => (await Promise.all(people.map((p) => mailbox(p.id)))).every((box) => box && !isOff(box)), 60000);
  for (const p of people) assert.ok((await scim(p.id)).active, 'still on P02');
  assert.equal((await introspectAs(p02, tokens.access_token)).active, true);

  await runStep(path, 'read_only', 3);
  assert.equal((await introspectAs(p02, tokens.access_token)).active, false, 'the token of the old role is dead');
  await until('read-only on P02', async () => (await Promise.all(people.map((p) => scim(p.id))))
    .every((u) => u.active && (u.roles ?? []).map((r) => r.value).join() === READ_ONLY), 60000);

  const end = await runStep(path, 'revoke', 3);
  assert.equal(end.finished, true);
  await until('off P02', async () => (await Promise.all(people.map((p) => scim(p.id)))).every((u) => !u.active), 60000);
  for (const p of people) assert.ok(!isOff(await mailbox(p.id)), 'on P03');
  const page = await person.agent.request(authorizeUrl(env, p03).url);
  if (page.status === 200) assert.equal((await person.agent.signIn(page, person.login, person.password)).status, 303);
  const fresh = await tokensFor(person.agent, p03);
  assert.equal((await introspectAs(p03, fresh.access_token)).active, true);
  const refused = await person.agent.request(authorizeUrl(env, p02).url);
  assert.ok(!new URL(refused.location ?? 'http://x/').searchParams.has('code'), 'no code for P02 any more');
  const [[kept]] = await sql(`SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id
    JOIN sen.unit u ON u.id = g.unit_id JOIN sen.unit c ON c.code = $1 AND u.path LIKE c.path || '%' WHERE p.code = 'P02' AND g.revoked_at IS NULL`, code);
  assert.equal(kept, '0');
  const [[open]] = await sql(`SELECT state FROM sen.platform WHERE code = 'P02'`);
  assert.equal(open, 'deploying', 'a part of the province ends no platform');
});

test('50 runs at once are one', async () => {
  const { code, employees } = communes[2];
  const people = [];
  for (const employee of employees.slice(0, 6)) people.push(await grantTo(employee, p02));
  const path = await approved(plan(code));
  const { json: before } = await second.api('GET', path);
  const answers = await Promise.all(Array.from({ length: 50 }, () => second.api('POST', `${path}/run`, { step: 'grant', limit: 2000 })));
  for (const a of answers) assert.ok(a.status === 200 || a.json?.code === 'blocked' || a.status === 503, a.text);
  assert.equal(answers.reduce((sum, a) => sum + (a.json?.done ?? 0), 0), before.left.grant);
  assert.equal(answers.filter((a) => a.json?.done > 0).length, 1);
  for (const p of people) {
    const [[n]] = await sql(`SELECT count(*) FROM sen.live_grant WHERE account_id = $1 AND role_code = $2`, p.id, p03.role);
    assert.equal(n, '1');
  }
  assert.equal((await change(second, `${path}/cancel`, {})).json.code, 'wrong_state');
});

test('senctl: draw, submit, preview and run', async () => {
  const { code, employees } = communes[0];
  const person = await grantTo(employees[0], p02);
  const file = join(tmpdir(), `replacement-${process.pid}.json`);
  writeFileSync(file, JSON.stringify(plan(code, { cutover_on: '2099-01-01' })));
  const { id } = await senctlJson(env, ['replacement', 'draw', file]);
  await senctl(env, ['replacement', 'submit', id]);
  await assert.rejects(senctl(env, ['replacement', 'approve', id]), /người khác/);
  assert.equal((await change(second, `/replacements/${id}/approve`, {})).status, 200);
  // Other tests may have granted in this commune before.
  const lists = [await senctlJson(env, ['replacement', 'preview', id, '--step', 'grant', '--limit', '1'])];
  while (lists.at(-1).next) lists.push(await senctlJson(env, ['replacement', 'preview', id, '--step', 'grant', '--limit', '200', '--after', lists.at(-1).next]));
  assert.ok(lists.flatMap((list) => list.grants).some((g) => g.login === person.login));
  assert.match(await senctl(env, ['replacement', 'preview', id, '--step', 'grant', '--limit', '1']), new RegExp(lists[0].grants[0].login));
  assert.match(await senctl(env, ['replacement', 'run', id, '--step', 'grant', '--limit', '7']), /còn 0/);
  await assert.rejects(senctl(env, ['replacement', 'run', id, '--step', 'revoke']), /cutover/);
  assert.match(await senctl(env, ['replacement', 'show', id]), /trạng thái: approved/);
});

test('an automatic plan runs by itself, through a server that is killed, when the data are there', { timeout: 300000 }, async () => {
  const { code, employees } = communes[3];
  const people = [];
  for (const employee of employees.slice(0, 6)) people.push(await grantTo(employee, p02));
  await until('all on P02', async () => (await Promise.all(people.map((p) => scim(p.id)))).every((u) => u?.active), 60000);
  const path = await approved(plan(code, { automatic: true, read_only_role: undefined, handover_on: today }));
  for (let i = 0; i < 3; i += 1) {
    await ctl('kill', 'sen-server');
    await ctl('start', 'sen-server');
    await until('the server is back', async () => (await fetch(`${env.SEN_ADMIN_URL}/readyz`).catch(() => ({ ok: false }))).ok, 60000);
  }
  await until('mailboxes on P03', async () => (await Promise.all(people.map((p) => mailbox(p.id)))).every((box) => box && !isOff(box)), 60000);
  const seen = await second.api('GET', path);
  assert.equal(seen.json.state, 'approved', 'not over before the data are handed over');
  for (const p of people) assert.ok((await scim(p.id)).active, 'still on P02');
  assert.equal((await second.api('POST', `${path}/run`, { step: 'revoke' })).json.args.by, 'handover');
  assert.equal((await change(second, `${path}/handover`, { on: '2999-01-01', evidence: 'Biên bản' })).status, 422);
  const handed = await change(second, `${path}/handover`, { on: today, evidence: 'Biên bản bàn giao số 5' });
  assert.equal(handed.json.handed_over_on, today, handed.text);
  await until('finished by itself', async () => (await second.api('GET', path)).json.state === 'finished', 60000);
  await until('off P02', async () => (await Promise.all(people.map((p) => scim(p.id)))).every((u) => !u.active), 60000);
  for (const p of people) assert.ok(!isOff(await mailbox(p.id)), 'on P03');
  const [[twice]] = await sql(`SELECT count(*) FROM (SELECT 1 FROM sen.audit WHERE action = 'replacement.revoke' AND data ->> 'replacement' = $1
    GROUP BY account_id, data ->> 'old_grant' HAVING count(*) > 1) t`, path.split('/').at(-1));
  assert.equal(twice, '0');
});

test('an approved plan is changed or given up by two', async () => {
  const { code } = communes[4];
  const ward = await deputyOf(code, rights);
  const path = await approved(plan(code, { cutover_on: '2099-01-01' }));
  for (const bad of [{ reason: 'x' }, { cancel: true }, { cancel: true, cutover_on: today, reason: 'x' }, { roles: [{ old: p02.role }], reason: 'x' },
    { roles: [], reason: 'x' }, { cutover_on: 'mai', reason: 'x' }])
    assert.ok([400, 422].includes((await change(ward, `${path}/change`, bad)).status), JSON.stringify(bad));
  const asked = await change(ward, `${path}/change`, { cutover_on: '2098-01-01', reason: 'Sớm hơn' });
  assert.equal(asked.json.change.kind, 'amend', asked.text);
  assert.equal(asked.json.cutover_on, '2099-01-01');
  assert.equal((await change(ward, `${path}/change/approve`, {}, { seen: path })).json.code, 'four_eyes');
  assert.equal((await change(second, `${path}/change/approve`, {}, { seen: path })).json.cutover_on, '2098-01-01');
  assert.equal((await change(second, `${path}/change/approve`, {}, { seen: path })).json.code, 'wrong_state');
  await change(ward, `${path}/change`, { cancel: true, reason: 'Thôi' });
  assert.equal((await second.api('POST', `${path}/run`, { step: 'grant' })).json.args.by, 'cancellation');
  assert.equal((await change(ward, `${path}/change/withdraw`, {}, { seen: path })).json.change, null);
  await change(ward, `${path}/change`, { cancel: true, reason: 'Thôi' });
  assert.equal((await change(second, `${path}/change/approve`, {}, { seen: path })).json.state, 'cancelled');
});

test('senctl: change, approve-change, hand-over', async () => {
  const { code } = communes[5];
  const path = await approved(plan(code, { cutover_on: '2099-01-01', handover_on: today }));
  const id = path.split('/').at(-1);
  const file = join(tmpdir(), `change-${process.pid}.json`);
  writeFileSync(file, JSON.stringify({ cutover_on: '2098-06-01', reason: 'Sớm hơn' }));
  await senctl(env, ['replacement', 'change', id, file]);
  await assert.rejects(senctl(env, ['replacement', 'approve-change', id]), /người khác/);
  await senctl(env, ['replacement', 'withdraw-change', id]);
  assert.match(await senctl(env, ['replacement', 'hand-over', id, '--on', today, '--evidence', 'Biên bản 1']), new RegExp(today));
});
