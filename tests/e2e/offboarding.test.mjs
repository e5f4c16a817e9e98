// Is all access of somebody who left gone?  Proved platform by platform, certified, and certified again when that was not so.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as jose from 'jose';
import { chromium } from 'playwright-core';

import { scimUsers, senctl, until } from '../../deploy/driver/world.mjs';
import { launch } from '../../deploy/driver/browser.mjs';
import { call, routeOf } from './lib/api.mjs';
import { communesWithPeople, deputy, setRights } from './lib/things.mjs';
import { ctl } from './lib/servers.mjs';
import { administrator, env, grant, official, p02, p03, run, sql, tokensFor } from './lib/world.mjs';

const decision = { decision_no: '12/QĐ-UBND', decision_on: '2026-11-20', signer: 'Chủ tịch UBND', reason: 'Theo nguyện vọng' };
const show = routeOf('GET /api/v1/persons/{employee_code}/offboarding'), issue = routeOf('POST /api/v1/persons/{employee_code}/offboarding');

let admin, token;
before(async () => { admin = await administrator(); token = await admin.accessToken(); });
after(async () => { await ctl('signal', 'p02-scim', 'CONT').catch(() => {}); });

const state = async (person) => {
  const answer = await call(show, await admin.accessToken(), { args: [person.employeeCode] });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const certify = async (person, who = admin) => call(issue, await who.accessToken(), { args: [person.employeeCode], body: {} });
const stored = async (person, accept, number) => fetch(`${env.SEN_API}/persons/${person.employeeCode}/offboarding${number ? `?certificate=${encodeURIComponent(number)}` : ''}`,
  { headers: { authorization: `Bearer ${await admin.accessToken()}`, accept } });
const reasonsOf = (s) => Object.fromEntries(s.platforms.map((p) => [p.platform, p.reason]));
async function verified(jws) {
  const keys = jose.createLocalJWKSet(await (await fetch(`${env.SEN_ISSUER}/jwks`)).json());
  const { payload, protectedHeader } = await jose.compactVerify(jws, keys);
  assert.equal(protectedHeader.typ, 'offboarding-certificate+jwt');
  assert.equal(protectedHeader.alg, 'ES256');
  return JSON.parse(new TextDecoder().decode(payload));
}
const settled = (person) => async () => (await sql('SELECT count(*) FROM sen.dirty_account WHERE account_id = $1', person.id))[0][0] === '0'
  && (await sql('SELECT count(*) FROM sen.binding WHERE account_id = $1 AND (state <> 0 OR want_hash IS DISTINCT FROM seen_hash)', person.id))[0][0] === '0';
async function leaves(person) {
  const answer = await admin.api('POST', `/persons/${person.employeeCode}/movements`, { kind: 'dismiss', ...decision });
  assert.ok([200, 201].includes(answer.status), answer.text);
}
// Tokens in somebody's hands run out by themselves; nobody waits for that here.
const timePasses = (person) => sql(`UPDATE sen.token_family SET revoked_at = revoked_at - interval '1 hour' WHERE account_id = $1`, person.id);

test('at work, then leaving while one platform is down, then complete: three certificates, each of its moment', async () => {
  const person = await official(p02, p03);
  await tokensFor(person.agent, p02);
  await until('settled', settled(person));
  const working = await state(person);
  assert.equal(working.complete, false);
  assert.deepEqual(working.reasons, ['platforms', 'sessions', 'tokens']);
  assert.deepEqual(reasonsOf(working), { DIR: 'granted', P02: 'granted', P03: 'granted' });
  assert.ok(working.platforms.every((p) => p.proof === 'none' && p.gone_at === null));
  const first = await certify(person);
  assert.equal(first.status, 201, first.text);
  assert.equal(first.json.complete, false);

  await ctl('signal', 'p02-scim', 'STOP');
  try {
    await leaves(person);
    await until('the others are proved', async () => { const r = reasonsOf(await state(person)); return r.DIR === null && r.P03 === null; });
    const waiting = await state(person);
    assert.equal(waiting.complete, false);
    assert.equal(reasonsOf(waiting).P02, 'waiting');
    assert.equal(waiting.access_gone_at, null);
    const half = await certify(person);
    const claims = await verified(half.json.jws);
    assert.equal(claims.complete, false);
    assert.deepEqual(claims.platforms.filter((p) => p.reason).map((p) => [p.platform, p.proof]), [['P02', 'none']]);
  } finally {
    await ctl('signal', 'p02-scim', 'CONT');
  }
  await until('P02 is proved', async () => reasonsOf(await state(person)).P02 === null, 60000);
  assert.equal((await scimUsers(env, `externalId eq "${person.id}"`))[0].active, false);
  const tokens = await state(person);
  assert.deepEqual(tokens.reasons, ['tokens'], 'a platform that looks at signatures alone may take a token for some minutes');
  await timePasses(person);
  const done = await state(person);
  assert.deepEqual([done.complete, done.reasons, done.sessions.open, done.tokens.open], [true, [], 0, 0]);
  const last = await certify(person);
  assert.equal(last.json.complete, true);
  const claims = await verified(last.json.jws);
  assert.equal(claims.iss, env.SEN_ISSUER);
  assert.equal(claims.number, last.json.number);
  assert.equal(claims.person.employee_code, person.employeeCode);
  assert.equal(claims.complete, true);
  assert.equal(claims.national_id, undefined);
  assert.deepEqual(claims.platforms.map((p) => [p.platform, p.proof, p.read, p.reason]),
    [['DIR', 'read_back', 'inactive', null], ['P02', 'read_back', 'inactive', null], ['P03', 'read_back', 'inactive', null]]);
  // Each proof is an operation that the log has, and nothing is said to have ended before it was read back.
  for (const p of claims.platforms) {
    const [[op, outcome, early]] = await sql(`SELECT l.op, l.outcome, l.at < $3::timestamptz - interval '1 second' FROM sen.op_log l JOIN sen.platform q ON q.id = l.platform_id
      WHERE l.task_id = $1 AND q.code = $2`, p.operation, p.platform, p.gone_at);
    assert.deepEqual([op, outcome, early], ['disable', 'ok', 'f'], p.platform);
  }
  assert.equal(claims.access_gone_at, [...claims.platforms.map((p) => p.gone_at), claims.tokens.valid_until, claims.sessions.ended_at].sort().at(-1));

  const [[audited]] = await sql(`SELECT data ->> 'sha256' FROM sen.audit WHERE action = 'offboarding.certify' AND object = $1`, `offboarding:${last.json.number}`);
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(last.json.jws))).toString('hex');
  assert.equal(audited, digest);

  // Somebody comes back: what was certified stays as it was.
  const [[unit, today]] = await sql(`SELECT u.code, sen.today() FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id JOIN sen.account a ON a.person_id = o.person_id
    WHERE a.id = $1 AND o.kind = 'main' ORDER BY lower(o.valid) DESC LIMIT 1`, person.id);
  await sql(`UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE person_id = (SELECT person_id FROM sen.account WHERE id = $1)
    AND upper(valid) > sen.today()`, person.id);
  const again = await admin.api('POST', `/persons/${person.employeeCode}/movements`, { kind: 'rehire', effective_on: today, unit, title: 'Chuyên viên', ...decision });
  assert.ok([200, 201].includes(again.status), again.text);
  await grant(person.employeeCode, p02);
  await until('at work again', async () => (await scimUsers(env, `externalId eq "${person.id}"`))[0].active === true);
  const back = await state(person);
  assert.equal(back.complete, false);
  assert.equal(reasonsOf(back).P02, 'granted');
  assert.equal(reasonsOf(back).P03, null, 'what did not come back is still proved');
  assert.deepEqual(back.certificates.map((c) => c.complete), [true, false, false]);
  const kept = await stored(person, 'application/jose', last.json.number);
  assert.match(kept.headers.get('content-type'), /^application\/jose/);
  assert.equal(await kept.text(), last.json.jws);
  await assert.rejects(sql(`SET ROLE sen_server; UPDATE sen.offboarding_certificate SET complete = true`), /permission denied/);
  await assert.rejects(sql(`SET ROLE sen_server; DELETE FROM sen.offboarding_certificate`), /permission denied/);
});

test('settled but never read back, changed there, planning: named, and never complete', async () => {
  const person = await official(p02);
  await until('settled', settled(person));
  await leaves(person);
  await until('complete', async () => (await state(person)).complete);
  const change = async (text, platform, reason) => {
    await sql(`BEGIN; ${text}; COMMIT`);
    const s = await state(person);
    assert.equal(s.complete, false, reason);
    assert.equal(reasonsOf(s)[platform], reason);
  };
  const [[p]] = await sql(`SELECT id FROM sen.platform WHERE code = 'P02'`);
  const at = `WHERE account_id = '${person.id}' AND platform_id = ${p}`;
  // The provisioner repairs within a minute, so it stands still.
  await ctl('stop', 'sen-provisioner');
  try {
    await change(`UPDATE sen.binding SET seen_active = true ${at}`, 'P02', 'changed');
    await change(`UPDATE sen.binding SET seen_active = false, state = 5, err_class = 'data' ${at}`, 'P02', 'blocked');
    await change(`UPDATE sen.binding SET state = 6 ${at}`, 'P02', 'held');
    await change(`UPDATE sen.binding SET state = 9 ${at}`, 'P02', 'waiting');
    await change(`UPDATE sen.binding SET state = 0, err_class = NULL ${at}; SELECT sen.wake(ARRAY['${person.id}'::uuid], 4::smallint)`, 'P02', 'planning');
    await change(`DELETE FROM sen.dirty_account WHERE account_id = '${person.id}'; UPDATE sen.access_proof SET gen = gen - 1 ${at}`, 'P02', 'unproved');
    await sql(`UPDATE sen.access_proof SET gen = gen + 1 ${at}`);
    assert.equal((await state(person)).complete, true);
  } finally {
    await ctl('start', 'sen-provisioner');
  }
});

test('an account that the observer has seen alive under another identifier: not complete, also where we never had one', async () => {
  const person = await official(p02);
  await until('settled', settled(person));
  await leaves(person);
  await until('complete', async () => (await state(person)).complete);
  const seen = (platform, extId) => sql(`INSERT INTO sen.shadow (platform_id, ext_id, natural_key, active, situation, owner_account, last_run)
    SELECT id, $2, $3, true, 'unlinked', $4, 0 FROM sen.platform WHERE code = $1`, platform, extId, person.login, person.id);
  const alive = async () => { const s = await state(person); return [s.complete, ...s.platforms.filter((p) => p.reason).map((p) => [p.platform, p.reason, p.alive.join()])]; };
  await seen('P02', `twin-${person.id}`);
  await seen('P03', `old-${person.id}`);
  assert.deepEqual(await alive(), [false, ['P02', 'alive', `twin-${person.id}`], ['P03', 'alive', `old-${person.id}`]]);
  const half = await certify(person);
  const claims = await verified(half.json.jws);
  assert.deepEqual([claims.complete, claims.platforms.find((p) => p.platform === 'P02').alive], [false, [`twin-${person.id}`]]);
  // Somebody has looked: it is another person's; and the other one is off now.
  await sql(`UPDATE sen.shadow SET decision = 'ignore', decision_state = 'decided' WHERE ext_id = $1`, `twin-${person.id}`);
  await sql(`UPDATE sen.shadow SET active = false WHERE ext_id = $1`, `old-${person.id}`);
  assert.deepEqual(await alive(), [true]);
  await sql('DELETE FROM sen.shadow WHERE owner_account = $1 AND situation = $2', person.id, 'unlinked');
});

test('20 certificates at once: numbers of the year without gap or repetition', async () => {
  const person = await official(p02);
  const answers = await Promise.all(Array.from({ length: 20 }, () => certify(person)));
  const numbers = answers.map((a) => { assert.equal(a.status, 201, a.text); return Number(a.json.number.split('/')[0]); }).sort((a, b) => a - b);
  assert.deepEqual(numbers, Array.from({ length: 20 }, (_, i) => numbers[0] + i));
  const tried = await call(issue, await admin.accessToken(), { args: [person.employeeCode], body: {}, query: { dry_run: 'all' } });
  assert.equal(tried.status, 200);
  assert.equal(Number((await certify(person)).json.number.split('/')[0]), numbers.at(-1) + 1, 'a dry run uses no number');
  const [[gaps]] = await sql('SELECT count(*) FROM (SELECT number, row_number() OVER (PARTITION BY year ORDER BY number) AS n FROM sen.offboarding_certificate) x WHERE number <> n');
  assert.equal(gaps, '0');
});

test('who may: the person\'s own administration, not oneself, not for one platform alone', async () => {
  const [commune, other] = await communesWithPeople(2, 4);
  const who = await deputy(commune, ['read', 'personnel']);
  const stranger = await deputy(other, ['read', 'personnel']);
  const person = who.person;
  assert.equal((await call(show, await stranger.accessToken(), { args: [person.employeeCode] })).status, stranger.person.employeeCode === person.employeeCode ? 200 : 404);
  const own = await certify(person, who);
  assert.equal(own.status === 403 && own.json.code === 'self_grant' || own.status === 404, true, own.text);
  await setRights(who, ['read']);
  assert.equal((await certify(person, who)).status, 403);
  assert.equal((await call(issue, token, { args: ['NOSUCH'], body: {} })).status, 404);
  const none = await stored(person, 'application/jose');
  assert.equal(none.status, 404);
  assert.equal((await none.json()).code, 'unknown_certificate');
});

test('the paper: an official form in Vietnamese, on A4, without script; senctl keeps both forms as files', async () => {
  const person = await official(p02, p03);
  await until('settled', settled(person));
  await leaves(person);
  await until('complete', async () => (await state(person)).complete);
  const folder = mkdtempSync(join(tmpdir(), 'offboarding-'));
  const html = join(folder, 'giay.html'), file = join(folder, 'giay.jws');
  const said = await senctl(env, ['--lang', 'en', 'person', 'offboarding', person.employeeCode, '--certify', '--html', html, '--jws', file]);
  assert.match(said, /Issued certificate \d+\/2026: complete/);
  const claims = await verified(readFileSync(file, 'utf8'));
  assert.match(await senctl(env, ['--lang', 'en', 'person', 'offboarding', person.employeeCode]), /No access is left/);
  const text = readFileSync(html, 'utf8');
  assert.equal(text, text.normalize('NFC'));
  for (const part of ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 'Độc lập - Tự do - Hạnh phúc', 'GIẤY XÁC NHẬN', `Số: ${claims.number}/GXN`, claims.person.full_name, claims.jti,
    ...claims.platforms.map((p) => p.operation)]) assert.ok(text.includes(part), part);
  assert.doesNotMatch(text, /<script|javascript:| on\w+=/);
  const page_ = await stored(person, 'text/html');
  const policy = page_.headers.get('content-security-policy');
  assert.match(policy, /^default-src 'none'; style-src 'sha256-/);
  const browser = await launch(chromium);
  try {
    const page = await browser.newPage();
    const messages = [];
    page.on('console', (m) => messages.push(m.text()));
    // As the server sends it, policy included: the style must be let in.
    await page.route('https://paper.test/', async (route) => route.fulfill({ status: 200, headers: { 'content-security-policy': policy, 'content-type': 'text/html; charset=utf-8' }, body: await page_.text() }));
    await page.goto('https://paper.test/');
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.place')).fontStyle), 'italic');
    assert.deepEqual(messages, []);
    await page.goto(pathToFileURL(html).href);
    assert.match(await page.innerText('#verdict'), /không còn quyền truy cập vào bất kỳ nền tảng nào kể từ \d\d:\d\d:\d\d ngày \d\d\/\d\d\/2026/);
    assert.equal(await page.locator('#platforms tbody tr').count(), 3);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    const boxes = pdf.toString('latin1').match(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/);
    assert.ok(Math.abs(Number(boxes[1]) - 595) < 2 && Math.abs(Number(boxes[2]) - 842) < 2, boxes[0]);
    assert.ok(pdf.toString('latin1').match(/\/Type \/Page\b/g).length <= 2, 'three platforms fill no more than two pages, whatever the font');
  } finally {
    await browser.close();
  }
});
