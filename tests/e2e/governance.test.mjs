// Who may grant what to whom: scopes, no self-service, refusals that explain, and what a revocation ends.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { senctl } from '../../deploy/driver/world.mjs';
import { change } from './lib/versioned.mjs';
import {
  Administrator, Agent, administrator, authorizeUrl, basis, env, freshEmployee, goodPassword, grant, introspectAs, official, p02, p03,
  handOn, refresh, sql, tokensFor, userinfo,
} from './lib/world.mjs';

// An activated official who administers a unit.
async function deputy(unit, { platform, rights = ['read', 'grant', 'revoke', 'activate'], from } = {}) {
  const person = await official(p02);
  const body = { login: person.login, unit, rights, ...(platform ? { platform } : {}) };
  const answer = await (from ? from.api('POST', '/admin-scopes', body) : handOn(body));
  assert.equal(answer.status, 201, answer.text);
  const who = new Administrator(person.agent, person.login, person.password);
  who.scope = answer.json.id;
  who.person = person;
  return who;
}

const employeeIn = async (unit) => (await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main'
  JOIN sen.unit u ON u.id = o.unit_id JOIN sen.unit c ON c.code = $1 AND u.path LIKE c.path || '%'
  WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)
  AND NOT EXISTS (SELECT FROM sen.post o2 WHERE o2.person_id = p.id AND o2.kind <> 'main') ORDER BY 1 LIMIT 1`, unit))[0][0];
const ask = (who, employeeCode, extra = {}) =>
  who.api('POST', '/grants', { employee_code: employeeCode, platform: 'P02', role: p02.role, basis, ...extra });

let communes;
before(async () => {
  // Persons without an account: who ran before may have used up those of a commune.
  communes = (await sql(`SELECT c.code FROM sen.unit c WHERE c.kind IN ('commune', 'ward') AND (SELECT count(*) FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id
    JOIN sen.person p ON p.id = o.person_id WHERE o.kind = 'main' AND u.path LIKE c.path || '%'
    AND NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)) >= 8 ORDER BY 1`)).map(([code]) => code);
  assert.ok(communes.length >= 2);
});

test('a commune\'s administrator grants in the commune and nowhere else', async () => {
  const who = await deputy(communes[0]);
  const inside = await ask(who, await employeeIn(communes[0]));
  assert.equal(inside.status, 201, inside.text);
  const outside = await employeeIn(communes[1]);
  const refused = await ask(who, outside);
  assert.ok(refused.status === 403 || refused.status === 404, refused.text);
  assert.equal((await sql(`SELECT count(*) FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = $1`, outside))[0][0], '0',
    'a refused grant left an account behind');
  const search = await who.api('GET', `/persons?q=${encodeURIComponent('nguyen')}`);
  const units = await sql(`SELECT u.code FROM sen.unit u JOIN sen.unit c ON c.code = $1 AND u.path LIKE c.path || '%'`, communes[0]);
  const codes = new Set(units.map(([code]) => code));
  for (const hit of search.json.persons) assert.ok(codes.has(hit.unit), `${hit.unit} is beyond the scope`);
});

test('a scope on one platform is no scope on another', async () => {
  const who = await deputy(communes[0], { platform: 'P02' });
  const employee = await employeeIn(communes[0]);
  assert.equal((await ask(who, employee)).status, 201);
  const other = await who.api('POST', '/grants', { employee_code: employee, platform: 'P03', role: p03.role, basis });
  assert.equal(other.status, 403, other.text);
  assert.equal(other.json.code, 'out_of_scope');
});

test('nobody grants to himself, and nobody hands on more than he holds', async () => {
  const who = await deputy(communes[0], { rights: ['read', 'grant', 'delegate'] });
  const self = await ask(who, who.person.employeeCode);
  assert.equal(self.status, 403);
  assert.equal(self.json.code, 'self_grant');
  const target = await official(p02);
  for (const [what, body] of Object.entries({
    'a right more': { unit: communes[0], rights: ['revoke'] },
    'a unit beside': { unit: communes[1], rights: ['grant'] },
    'the province': { unit: '40', rights: ['grant'] },
  })) {
    const answer = await who.api('POST', '/admin-scopes', { login: target.login, ...body });
    assert.ok([403, 404].includes(answer.status), `${what}: ${answer.status} ${answer.text}`);
  }
  const own = await who.api('POST', '/admin-scopes', { login: who.login, unit: communes[0], rights: ['grant'] });
  assert.equal(own.status, 403);
});

test('a change of scope takes effect at the next request', async () => {
  const who = await deputy(communes[0]);
  assert.equal((await who.api('GET', '/platforms')).status, 200);
  const token = await who.accessToken();
  const admin = await administrator();
  assert.equal((await admin.api('POST', `/admin-scopes/${who.scope}/revoke`)).status, 200);
  const answer = await fetch(`${env.SEN_API}/grants`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ employee_code: await employeeIn(communes[0]), platform: 'P02', role: p02.role, basis }) });
  assert.ok([401, 403].includes(answer.status), `${answer.status}`);
});

test('an official without a scope cannot use the API, whatever the token', async () => {
  const person = await official(p02);
  const plain = await tokensFor(person.agent, p02);
  const asked = await fetch(`${env.SEN_API}/platforms`, { headers: { authorization: `Bearer ${plain.access_token}` } });
  assert.equal(asked.status, 403);
  const who = new Administrator(person.agent, person.login, person.password);
  assert.equal((await who.api('GET', '/platforms')).status, 403);
});

test('a proposed platform refuses, and says why and when it is expected', async () => {
  const admin = await administrator();
  const answer = await admin.api('POST', '/grants', { employee_code: await freshEmployee(), platform: 'D01', role: 'CB_NHAPLIEU', basis });
  assert.equal(answer.status, 409);
  assert.equal(answer.json.code, 'platform_closed');
  assert.match(answer.json.detail, /Đề xuất/i);
  assert.match(answer.json.detail, /12\/2025/);
});

test('granting twice is one grant; 50 at once make one', async () => {
  const admin = await administrator();
  const employee = await freshEmployee();
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(admin, employee)));
  for (const answer of answers) assert.ok([200, 201].includes(answer.status), answer.text);
  assert.equal(answers.filter((a) => a.status === 201).length, 1);
  assert.equal(new Set(answers.map((a) => a.json.id)).size, 1);
  assert.equal(new Set(answers.map((a) => a.json.login)).size, 1);
});

test('user names: ASCII, from the name, never twice, never the personal number', async () => {
  const admin = await administrator();
  const [[name]] = await sql(`SELECT full_name FROM sen.person p WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)
    GROUP BY 1 HAVING count(*) > 1 ORDER BY count(*) DESC, 1 LIMIT 1`);
  const codes = await sql(`SELECT p.employee_code FROM sen.person p WHERE full_name = $1 AND EXISTS (SELECT FROM sen.post o WHERE o.person_id = p.id AND o.kind = 'main')
    AND NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)`, name);
  const logins = [];
  for (const [code] of codes.slice(0, 3)) logins.push((await ask(admin, code)).json.login);
  assert.equal(new Set(logins).size, logins.length);
  for (const login of logins) assert.match(login, /^[a-z][a-z0-9.-]{1,31}$/);
});

test('a revocation: sessions and tokens are dead with the answer; the rest of the world is not', async () => {
  const person = await official(p02, p03);
  const bystander = await official(p02);
  const tokens = { p02: await tokensFor(person.agent, p02), p03: await tokensFor(person.agent, p03) };
  const theirs = await tokensFor(bystander.agent, p02);
  const admin = await administrator();
  const answer = await admin.api('POST', '/grants/revoke', { login: person.login, platform: 'P02', reason: 'Điều động' });
  assert.equal(answer.status, 200);
  assert.equal(answer.json.revoked.length, 1);
  assert.deepEqual(await introspectAs(p02, tokens.p02.access_token), { active: false });
  assert.deepEqual(await introspectAs(p03, tokens.p03.access_token), { active: false });
  assert.equal((await refresh(p02, tokens.p02.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await userinfo(tokens.p02.access_token)).status, 401);
  assert.equal((await person.agent.request(authorizeUrl(env, p03).url)).status, 200, 'the session goes on');
  assert.equal((await introspectAs(p02, theirs.access_token)).active, true);
  // What is left is still his: signing in again gives it.
  const page = await person.agent.request(authorizeUrl(env, p03).url);
  assert.equal((await person.agent.signIn(page, person.login, person.password)).status, 303);
  const again = await admin.api('POST', '/grants/revoke', { login: person.login, platform: 'P02', reason: 'Điều động' });
  assert.equal(again.status, 200);
  assert.equal(again.json.revoked.length, 0);
});

test('20 races of a refresh against a revocation: no token that was handed out survives', async () => {
  const admin = await administrator();
  for (let i = 0; i < 20; i += 1) {
    const person = await official(p02);
    const { refresh_token: token } = await tokensFor(person.agent, p02);
    const [revoked, ...refreshed] = await Promise.all([
      admin.api('POST', '/grants/revoke', { login: person.login, reason: 'Kiểm tra' }),
      ...Array.from({ length: 5 }, () => refresh(p02, token)),
    ]);
    assert.equal(revoked.status, 200);
    for (const answer of refreshed)
      if (answer.status === 200) assert.deepEqual(await introspectAs(p02, answer.json.access_token), { active: false });
  }
});

test('disable and enable', async () => {
  const person = await official(p02);
  const tokens = await tokensFor(person.agent, p02);
  const admin = await administrator();
  assert.equal((await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Tạm đình chỉ' })).status, 200);
  assert.deepEqual(await introspectAs(p02, tokens.access_token), { active: false });
  const locked = await new Agent(env.SEN_ISSUER).request('/').then((page) => new Agent(env.SEN_ISSUER).signIn(page, person.login, person.password));
  assert.notEqual(locked.status, 303);
  assert.equal((await change(admin, `/accounts/${person.login}/enable`, { reason: 'Trở lại' })).status, 200);
  // Whoever saw them suspended does not undo what cut them off since.
  const enable = (seen) => admin.api('POST', `/accounts/${person.login}/enable`, { reason: 'Trở lại' }, { 'if-match': seen.headers.get('etag') });
  const look = () => admin.api('GET', `/accounts/${person.login}`);
  assert.equal((await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Tạm dừng' })).status, 200);
  const seen = await look();
  assert.equal((await enable(seen)).status, 200);
  assert.equal((await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Bị lộ mật khẩu' })).status, 200);
  const late = await enable(seen);
  assert.deepEqual([late.status, late.json.code, (await look()).json.status], [412, 'precondition_failed', 'disabled'], late.text);
});

test('20 spellings find one person', async () => {
  const admin = await administrator();
  const [[code, name]] = await sql(`SELECT employee_code, full_name FROM sen.person p WHERE full_name ~ 'Đ' AND full_name ~ '[ươăâêô]'
    AND EXISTS (SELECT FROM sen.post o WHERE o.person_id = p.id AND o.kind = 'main' AND o.valid @> sen.today()) ORDER BY 1 LIMIT 1`);
  const bare = name.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/g, 'd').replace(/Đ/g, 'D');
  const spellings = [name, name.normalize('NFD'), name.toUpperCase(), name.toLowerCase(), bare, bare.toUpperCase(), bare.toLowerCase(), `  ${bare}  `,
    bare.replace(' ', '   '), name.normalize('NFD').toLowerCase()];
  for (const spelling of spellings) {
    const answer = await admin.api('GET', `/persons?q=${encodeURIComponent(spelling)}`);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.json.persons.some((hit) => hit.employee_code === code), spelling);
  }
  const all = JSON.stringify((await admin.api('GET', `/persons?q=${encodeURIComponent(bare)}`)).json);
  assert.doesNotMatch(all, /(?<!-)\b\d{12}\b/);
});

test('platforms are shown with the mark of what is not verified', async () => {
  const { json } = await (await administrator()).api('GET', '/platforms');
  assert.equal(json.platforms.filter((p) => /^[PD]0\d$/.test(p.code)).length, 8);
  const text = JSON.stringify(json);
  assert.match(text, /chưa xác minh/);
});

test('audit: every decision has its record, and the chains verify', async () => {
  const person = await official(p02);
  await (await administrator()).api('POST', '/grants/revoke', { login: person.login, reason: 'Kiểm tra' });
  const actions = (await sql('SELECT action FROM sen.audit WHERE account_id = $1 ORDER BY at', person.id)).map(([action]) => action);
  for (const action of ['grant.add', 'account.activate', 'grant.revoke']) assert.ok(actions.includes(action), `${action} in ${actions}`);
  assert.match(await senctl(env, ['audit', 'verify']), /\d/);
  const personal = await sql(`SELECT count(*) FROM sen.audit WHERE data::text ~ '(^|[^0-9a-f-])[0-9]{12}([^0-9a-f-]|$)'`);
  assert.equal(personal[0][0], '0');
});
