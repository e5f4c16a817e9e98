// Working lives on real platforms: joining, moving, suspension, leaving, and the accounts that go with them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ldapSearch, scimUsers, senctl, until } from '../../deploy/driver/world.mjs';
import { call, routeOf } from './lib/api.mjs';
import { ctl } from './lib/servers.mjs';
import { change } from './lib/versioned.mjs';
import {
  Administrator, Agent, administrator, authorizeUrl, basis, codeFor, env, freshEmployee, goodPassword, grant, introspectAs, official, p02,
  p03, refresh, run, sql, tokensFor, userinfo, handOn,
} from './lib/world.mjs';

const decision = { decision_no: '15/QĐ-UBND', decision_on: '2026-11-20', signer: 'Trần Văn Bình', reason: 'Theo quyết định' };
const day = (days) => new Date(Date.now() + 7 * 3600000 + days * 86400000).toISOString().slice(0, 10);

async function move(person, kind, extra = {}, query = '') {
  const answer = await (await administrator()).api('POST', `/persons/${person.employeeCode}/movements${query}`, { kind, ...decision, ...extra });
  assert.ok([200, 201].includes(answer.status), `${kind}: ${answer.text}`);
  return answer.json;
}

// What the platforms themselves say of an account.
const places = {
  directory: async (id) => {
    const [entry] = await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, `(senAccountId=${id})`);
    return Boolean(entry) && !entry.pwdAccountLockedTime;
  },
  p02: async (id) => (await scimUsers(env, `externalId eq "${id}"`))[0]?.active === true,
  p03: async (id) => {
    const [box] = await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${id})`);
    return Boolean(box) && !(box.employeeType ?? []).includes('disabled');
  },
};
const everywhere = (id, wanted, ...names) => until(`${names.join(', ')} ${wanted ? 'on' : 'off'}`, async () =>
  (await Promise.all(names.map((name) => places[name](id)))).every((on) => on === wanted), 60000);
const statusOf = async (login) => (await (await administrator()).api('GET', `/accounts/${login}`)).json.status;

async function signsIn(login, password) {
  const agent = new Agent(env.SEN_ISSUER);
  return (await agent.signIn(await agent.request(authorizeUrl(env, p02).url), login, password)).status === 303 ? agent : undefined;
}

// A second administrator of everything.
let second;
const secondAdministrator = () => (second ??= (async () => {
  const person = await official(p02);
  const [[unit]] = await sql(`SELECT u.code FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id JOIN sen.account a ON a.id = s.account_id
    WHERE a.login = $1 AND s.revoked_at IS NULL AND s.platform_id IS NULL ORDER BY length(u.path) LIMIT 1`, env.SEN_ADMIN_LOGIN);
  const answer = await handOn({ login: person.login, unit,
    rights: ['read', 'grant', 'revoke', 'activate', 'approve', 'personnel', 'unmask'] });
  assert.equal(answer.status, 201, answer.text);
  return Object.assign(new Administrator(person.agent, person.login, person.password), { person });
})());

test('a movement rests on a decision: without its number, day or signer it is refused and nothing is done', async () => {
  const admin = await administrator(), employee = await freshEmployee();
  const [[unit]] = await sql('SELECT u.code FROM sen.unit u WHERE u.id = sen.home_unit((SELECT id FROM sen.person WHERE employee_code = $1))', employee);
  const post = { unit, title: 'Chuyên viên', effective_on: day(3) };
  const kinds = { transfer: post, resign: {}, dismiss: {}, retire: {}, suspend: {}, leave: { until: day(9) }, rehire: post };
  for (const [kind, extra] of Object.entries(kinds))
    for (const lacks of ['decision_no', 'decision_on', 'signer'])
      for (const value of [undefined, null]) {
        const answer = await admin.api('POST', `/persons/${employee}/movements`, { kind, ...decision, ...extra, [lacks]: value });
        assert.equal(answer.status, 422, `${kind} without ${lacks}: ${answer.text}`);
        assert.equal(answer.json.args.field, lacks, answer.text);
      }
  const joining = { ...decision, employee_code: `NQ${Date.now() % 1e6}`, kind: 'cong_chuc', ten: 'An', ...post };
  assert.equal((await admin.api('POST', '/persons', { ...joining, decision_no: undefined })).json.args.field, 'decision_no');
  assert.deepEqual(await sql(`SELECT count(*), sen.person_state(p.id) FROM sen.person p LEFT JOIN sen.movement m ON m.person_id = p.id
    WHERE p.employee_code = $1 AND m.id IS NULL GROUP BY p.id`, employee), [['1', 'working']]);
  assert.equal((await sql('SELECT count(*) FROM sen.person WHERE employee_code = $1', joining.employee_code))[0][0], '0');
});

test('suspension cuts at once: session, tokens, every platform; the return brings back what it says', async () => {
  const person = await official(p02, p03);
  await everywhere(person.id, true, 'directory', 'p02', 'p03');
  const tokens = { p02: await tokensFor(person.agent, p02), p03: await tokensFor(person.agent, p03) };
  const bystander = await official(p02);
  const theirs = await tokensFor(bystander.agent, p02);

  const preview = await move(person, 'suspend', {}, '?dry_run=true');
  assert.equal(preview.dry_run, true);
  assert.equal((await introspectAs(p02, tokens.p02.access_token)).active, true, 'a preview did something');
  const done = await move(person, 'suspend');
  assert.deepEqual(done.consequences, preview.consequences);
  assert.deepEqual(await introspectAs(p02, tokens.p02.access_token), { active: false });
  assert.deepEqual(await introspectAs(p03, tokens.p03.access_token), { active: false });
  assert.equal((await refresh(p02, tokens.p02.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await userinfo(tokens.p03.access_token)).status, 401);
  assert.equal((await person.agent.request(authorizeUrl(env, p03).url)).status, 200, 'the session goes on');
  assert.equal(await signsIn(person.login, person.password), undefined);
  assert.equal((await introspectAs(p02, theirs.access_token)).active, true);
  await everywhere(person.id, false, 'directory', 'p02', 'p03');

  // Not by the back door.
  const admin = await administrator();
  const held = await call(routeOf('GET /api/v1/grants'), await admin.accessToken(), { query: { login: person.login } });
  assert.ok(held.json.grants.length > 0 && held.json.grants.every((g) => g.state === 'stopped'), held.text);
  await change(admin, `/accounts/${person.login}/enable`, { reason: 'x' });
  assert.equal(await statusOf(person.login), 'suspended');
  assert.equal((await admin.api('POST', `/accounts/${person.login}/activation`)).status, 409);
  await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'x' });
  const archive = await admin.api('POST', `/accounts/${person.login}/archive`, { reason: 'x' });
  assert.equal(archive.json.code, 'blocked', archive.text);
  assert.equal(archive.json.args.by, 'legal_hold');

  await move(person, 'return');
  const enabled = await change(admin, `/accounts/${person.login}/enable`, { reason: 'Hết đình chỉ' });
  assert.equal(enabled.json.status, 'active', enabled.text);
  await everywhere(person.id, true, 'directory', 'p02', 'p03');
  assert.ok(await signsIn(person.login, person.password));
});

test('leave stops the chosen platforms alone, and its end is nobody\'s work', async () => {
  const person = await official(p02, p03);
  await everywhere(person.id, true, 'directory', 'p02', 'p03');
  await move(person, 'leave', { effective_on: day(0), until: day(30), platforms: ['P02'] });
  await everywhere(person.id, false, 'p02');
  assert.equal(await places.p03(person.id), true);
  const page = await person.agent.request(authorizeUrl(env, p03).url);
  assert.equal(page.status, 303, 'the other platform is open');
  // The thirty days pass.
  await sql(`UPDATE sen.account_stop SET valid_to = now() + interval '2 seconds' WHERE account_id = $1`, person.id);
  await everywhere(person.id, true, 'p02');
});

test('what is dated takes effect at its time by itself: resignation', async () => {
  const person = await official(p02, p03);
  await everywhere(person.id, true, 'directory', 'p02', 'p03');
  const tokens = await tokensFor(person.agent, p02);
  const { consequences } = await move(person, 'resign', { effective_on: day(10) });
  assert.ok(consequences.some((c) => c.act === 'status' && c.status === 'disabled' && c.on === day(10)));
  assert.equal((await introspectAs(p02, tokens.access_token)).active, true);
  assert.equal(await statusOf(person.login), 'active');
  // Ten days pass, but for three seconds; then nobody does anything.
  await sql(`UPDATE sen.account_stop SET valid_from = now() + interval '3 seconds' WHERE account_id = $1;
    UPDATE sen.account_due SET due_at = now() + interval '3 seconds' WHERE account_id = $1;
    UPDATE sen.movement SET effective_at = now() + interval '3 seconds' WHERE person_id = (SELECT person_id FROM sen.account WHERE id = $1)`, person.id);
  await until('the account is disabled', async () => (await statusOf(person.login)) === 'disabled', 30000);
  assert.deepEqual(await introspectAs(p02, tokens.access_token), { active: false });
  await everywhere(person.id, false, 'directory', 'p02', 'p03');

  // Back in service: the same account and user name, an activation of its own, and nothing of what was.
  const [[unit]] = await sql(`SELECT u.code FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id JOIN sen.account a ON a.person_id = o.person_id
    WHERE a.id = $1 AND o.kind = 'main' ORDER BY lower(o.valid) DESC LIMIT 1`, person.id);
  await sql(`UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE person_id = (SELECT person_id FROM sen.account WHERE id = $1)
    AND upper(valid) > sen.today()`, person.id);
  await move(person, 'rehire', { effective_on: day(0), unit, title: 'Chuyên viên' });
  assert.equal(await statusOf(person.login), 'pending');
  const [[accounts, live]] = await sql(`SELECT (SELECT count(*) FROM sen.account WHERE person_id = a.person_id),
    (SELECT count(*) FROM sen.live_grant WHERE account_id = a.id) FROM sen.account a WHERE a.id = $1`, person.id);
  assert.deepEqual([accounts, live], ['1', '0']);
  assert.equal((await grant(person.employeeCode, p02)).login, person.login);
  assert.equal(await signsIn(person.login, person.password), undefined, 'the old password still opens');
  await everywhere(person.id, true, 'p02');
});

test('joining, correcting and seeing a person: preview, versions, the personal number only with a reason', async () => {
  const admin = await administrator();
  const [[unit]] = await sql(`SELECT code FROM sen.unit WHERE kind IN ('commune', 'ward') ORDER BY 1 LIMIT 1`);
  const code = `TM${Date.now()}`;
  const number = `0400900${String(Date.now()).slice(-5)}`;
  const who = { employee_code: code, kind: 'cong_chuc', ho: 'Vi', dem: 'Thị', ten: 'Mận', sex: 'female', birth_date: '1990-02-03', national_id: number,
    unit, title: 'Văn thư', effective_on: day(0), ...decision };
  assert.equal((await admin.api('POST', '/persons?dry_run=true', who)).status, 200);
  assert.equal((await admin.api('GET', `/persons/${code}`)).status, 404);
  const joined = await admin.api('POST', '/persons', who);
  assert.equal(joined.status, 201, joined.text);
  assert.match(joined.json.login, /^manvt\d*$/);
  assert.equal(joined.json.national_id_warning, true, 'a man\'s number is no error, but a warning');
  assert.equal((await admin.api('POST', '/persons', who)).status, 409);
  assert.equal((await admin.api('POST', '/persons', { ...who, employee_code: `${code}X`, national_id: '12345' })).status, 422);

  const seen = await admin.api('GET', `/persons/${code}`);
  assert.equal(seen.json.national_id, `${number.slice(0, 3)}•••••••${number.slice(-2)}`);
  const tag = seen.headers.get('etag');
  assert.equal((await admin.api('PUT', `/persons/${code}`, { sex: 'male' })).status, 428);
  const edits = await Promise.all(['Mơ', 'Mai'].map((ten) => admin.api('PUT', `/persons/${code}`, { ten }, { 'if-match': tag })));
  assert.deepEqual(edits.map((e) => e.status).sort(), [200, 412]);
  assert.equal((await admin.api('POST', `/persons/${code}/unmask`, {})).status, 400);
  const open = await admin.api('POST', `/persons/${code}/unmask`, { reason: 'Đối chiếu hồ sơ' });
  assert.equal(open.json.national_id, number);
  const [[audited]] = await sql(`SELECT data->>'reason' FROM sen.audit WHERE action = 'person.unmask' AND object = $1`, code);
  assert.equal(audited, 'Đối chiếu hồ sơ');
  const own = await (await secondAdministrator()).api('POST', `/persons/${(await secondAdministrator()).person.employeeCode}/movements`, { kind: 'suspend', ...decision });
  assert.equal(own.status, 403);
});

test('posts beside the main one: seconded needs an end, and host grants end with it', async () => {
  const admin = await administrator();
  const person = await official(p03);
  const [[host]] = await sql(`SELECT code FROM sen.unit u WHERE kind IN ('commune', 'ward') AND NOT EXISTS (SELECT FROM sen.post o JOIN sen.account a
    ON a.person_id = o.person_id WHERE a.id = $1 AND o.unit_id = u.id) ORDER BY 1 DESC LIMIT 1`, person.id);
  const post = { unit: host, title: 'Biệt phái tăng cường', kind: 'seconded', valid_from: day(0), decision_no: '9/QĐ', decision_on: day(0), signer: 'Lê Thị Hà' };
  assert.equal((await admin.api('POST', `/persons/${person.employeeCode}/posts`, post)).status, 422);
  const added = await admin.api('POST', `/persons/${person.employeeCode}/posts`, { ...post, valid_to: day(90) });
  assert.equal(added.status, 201, added.text);
  const given = await admin.api('POST', '/grants', { login: person.login, platform: 'P02', role: p02.role, unit: host, basis });
  assert.equal(given.status, 201, given.text);
  await everywhere(person.id, true, 'p02', 'p03');
  const stale = await admin.api('POST', `/persons/${person.employeeCode}/posts/${added.json.id}/end`, { on: day(30), reason: 'x' }, { 'if-match': '"77"' });
  assert.equal(stale.status, 412);
  // Its last day is over.
  await sql(`UPDATE sen.post SET valid = daterange(lower(valid) - 100, sen.today()) WHERE id = $1`, added.json.id);
  await everywhere(person.id, false, 'p02');
  assert.equal(await places.p03(person.id), true);
  const posts = await admin.api('GET', `/persons/${person.employeeCode}/posts?former=true`);
  assert.ok(posts.json.posts.some((p) => p.replaced_at && p.kind === 'seconded'), 'what the post was before is on record');
});

test('a shared account: approved by another, used by one at a time, who signs in with the code of the check-out', async () => {
  const admin = await administrator();
  const manager = await official(p02);
  const members = [await official(p02), await official(p02)];
  const login = `truc${Date.now() % 1e8}`;
  const made = await admin.api('POST', '/accounts', { kind: 'shared', employee_code: manager.employeeCode, login, reason: 'Trực một cửa' });
  assert.equal(made.status, 201, made.text);
  assert.equal((await admin.api('POST', `/shared-accounts/${login}/approve`)).json.code, 'four_eyes');
  for (const member of members) assert.equal((await admin.api('POST', `/shared-accounts/${login}/members`, { login: member.login })).json.changed, true);
  const users = members.map((m) => new Administrator(m.agent, m.login, m.password));
  const take = (user) => user.api('POST', `/shared-accounts/${login}/check-out`, { purpose: 'Trực sáng', minutes: 60 });
  assert.equal((await take(users[0])).status, 403, 'before the approval');
  const approved = await (await secondAdministrator()).api('POST', `/shared-accounts/${login}/approve`);
  assert.equal(approved.status, 204, approved.text);
  const endless = await admin.api('POST', '/grants', { login, platform: 'P02', role: p02.role, basis });
  assert.deepEqual([endless.status, endless.json.args.field], [422, 'valid_to'], 'nobody would think of ending it');
  const given = await admin.api('POST', '/grants', { login, platform: 'P02', role: p02.role, basis, valid_to: `${day(90)}T00:00:00+07:00` });
  assert.equal(given.status, 201, given.text);
  assert.equal(given.json.login, login);

  await Promise.all(users.map((u) => u.accessToken()));
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => take(users[i % 2])));
  const won = answers.filter((a) => a.status === 201);
  assert.equal(won.length, 1);
  assert.equal(answers.filter((a) => a.status === 409).length, 49);
  const { code, member } = won[0].json;
  const holder = users.find((u) => u.login === member), other = users.find((u) => u.login !== member);
  assert.equal(await signsIn(login, goodPassword()), undefined);
  const agent = await signsIn(login, code);
  assert.ok(agent, 'the code of the check-out opens');
  const home = await agent.request('/');
  const [[name]] = await sql(`SELECT p.full_name FROM sen.person p JOIN sen.account a ON a.person_id = p.id WHERE a.login = $1`, member);
  assert.ok(home.text.includes(name), 'the sign-in does not say who uses it');
  const { answer } = await codeFor(agent, p02);
  assert.ok(answer.get('code'));
  const [[actor]] = await sql(`SELECT b.login FROM sen.audit x JOIN sen.account a ON a.id = x.account_id JOIN sen.account b ON 'account:' || b.id = x.actor
    WHERE x.action = 'sign_in.ok' AND a.login = $1 ORDER BY x.at DESC LIMIT 1`, login);
  assert.equal(actor, member);
  assert.equal((await other.api('POST', `/shared-accounts/${login}/check-in`)).json.changed, false);
  assert.equal((await holder.api('POST', `/shared-accounts/${login}/check-in`)).json.changed, true);
  assert.equal((await agent.request(authorizeUrl(env, p02).url)).status, 200, 'the session outlives the check-in');
  assert.equal(await signsIn(login, code), undefined);
  const uses = await admin.api('GET', `/shared-accounts/${login}/uses`);
  assert.equal(uses.json.uses.length, 1);
  assert.equal(uses.json.uses[0].member, member);
  assert.ok(uses.json.uses[0].in_at);
});

test('kinds apart: an administrator account of its own, a service account that never signs in', async () => {
  const admin = await administrator();
  const person = await official(p02);
  const made = await admin.api('POST', '/accounts', { kind: 'administrator', employee_code: person.employeeCode, reason: 'Quản trị' });
  assert.equal(made.json.login, `${person.login}.qt`, made.text);
  const [[unit]] = await sql(`SELECT u.code FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id JOIN sen.account a ON a.person_id = o.person_id
    WHERE a.id = $1 AND o.kind = 'main' AND o.valid @> sen.today()`, person.id);
  assert.equal((await admin.api('POST', '/admin-scopes', { login: made.json.login, unit, rights: ['read'] })).status, 201);
  const { json } = await admin.api('POST', `/accounts/${made.json.login}/activation`);
  const agent = new Agent(env.SEN_ISSUER), password = goodPassword();
  assert.equal((await agent.activate(made.json.login, json.code, password)).status, 303);
  assert.equal((await new Administrator(agent, made.json.login, password).api('GET', '/platforms')).status, 200);
  const login = `dv${Date.now() % 1e8}`;
  assert.equal((await admin.api('POST', '/accounts', { kind: 'service', employee_code: person.employeeCode, login, reason: 'Đồng bộ' })).status, 201);
  assert.equal((await admin.api('POST', `/accounts/${login}/activation`)).status, 409);
  // What a feed needs it may hold; nothing that decides, hands on or looks into the books.
  for (const right of ['activate', 'delegate', 'approve', 'catalogue', 'appraise', 'organise', 'rules', 'review', 'unmask', 'audit']) {
    const refused = await admin.api('POST', '/admin-scopes', { login, unit, rights: ['read', right] });
    assert.deepEqual([refused.status, refused.json.args?.by], [409, 'service_account'], `${right}: ${refused.text}`);
  }
  assert.equal((await admin.api('POST', '/admin-scopes', { login, unit, rights: ['read', 'import', 'personnel', 'grant', 'revoke'] })).status, 201);
  const list = await admin.api('GET', `/accounts?manager=${person.employeeCode}`);
  assert.deepEqual(list.json.accounts.map((a) => a.kind).sort(), ['administrator', 'operational', 'service']);
  const page = await admin.api('GET', '/accounts?limit=2');
  assert.equal(page.json.accounts.length, 2);
  const next = await admin.api('GET', `/accounts?limit=2&after=${page.json.next}`);
  assert.ok(next.json.accounts[0].login > page.json.accounts[1].login);
  // Nor does an account of a program act through the API, whatever it holds and however it came by a token.
  const boss = new Administrator(agent, made.json.login, password);
  assert.equal((await boss.api('GET', '/platforms')).status, 200);
  await sql(`UPDATE sen.account SET kind = 'service' WHERE login = $1`, made.json.login);
  const program = await boss.api('GET', '/platforms');
  assert.deepEqual([program.status, program.json.code], [403, 'out_of_scope'], program.text);
  await sql(`UPDATE sen.account SET kind = 'administrator' WHERE login = $1`, made.json.login);
  // The person is gone, and all of it with them.
  await move(person, 'death', { decision_no: undefined, decision_on: undefined, signer: undefined });
  assert.equal(await statusOf(person.login), 'archived');
  assert.equal(await statusOf(made.json.login), 'archived');
  assert.equal(await statusOf(login), 'suspended');
  assert.equal((await change(admin, `/accounts/${person.login}/enable`, { reason: 'x' })).json.changed, false);
  assert.equal((await admin.api('POST', `/persons/${person.employeeCode}/movements`, { kind: 'rehire', ...decision, effective_on: day(0), unit, title: 'CV' })).json.code, 'wrong_state');
});

test('an account that nobody uses is reported, then disabled', async () => {
  const person = await official(p02);
  await everywhere(person.id, true, 'p02');
  await sql(`ALTER TABLE sen.account DISABLE TRIGGER USER;
    UPDATE sen.account SET created_at = now() - interval '1 year', status_since = now() - interval '1 year' WHERE id = $1;
    ALTER TABLE sen.account ENABLE TRIGGER USER;
    UPDATE sen.account_use SET used_on = sen.today() - 46 WHERE account_id = $1;
    UPDATE sen.post SET valid = daterange(least(lower(valid), sen.today() - 100), upper(valid)) WHERE person_id = (SELECT person_id FROM sen.account WHERE id = $1)
      AND kind = 'main' AND valid @> sen.today()`, person.id);
  // It looks for them when it starts, and then every minute.
  await ctl('stop', 'sen-provisioner');
  await ctl('start', 'sen-provisioner');
  await until('it is disabled', async () => (await statusOf(person.login)) === 'disabled', 150000);
  await everywhere(person.id, false, 'p02');
  const kinds = await sql('SELECT kind FROM sen.account_notice WHERE account_id = $1 ORDER BY 1', person.id);
  assert.deepEqual(kinds.flat(), ['unused_disable', 'unused_report']);
});

test('rules for everybody: of 50 who saw the same, one sets one', async () => {
  const admin = await administrator(), seen = await admin.api('GET', '/personnel-policy');
  const set = (days, tag) => admin.api('POST', '/personnel-policy/handover', { platform: 'P02', days }, { 'if-match': tag });
  assert.equal((await admin.api('POST', '/personnel-policy/handover', { platform: 'P02', days: 3 })).status, 428);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => set(i % 30 + 1, seen.headers.get('etag'))));
  const won = answers.filter((a) => a.status === 200);
  assert.equal(won.length, 1);
  assert.ok(answers.every((a) => a.status === 200 || a.json.code === 'precondition_failed'), answers.map((a) => a.status).join());
  const now = await admin.api('GET', '/personnel-policy');
  assert.deepEqual(now.json, won[0].json);
  // A rule of another kind is part of what they saw, too.
  const grace = { platform: 'P02', role: p02.role, rank: 'staff', months: 0 };
  const late = await admin.api('POST', '/personnel-policy/grace', grace, { 'if-match': seen.headers.get('etag') });
  assert.deepEqual([late.status, late.json.code], [412, 'precondition_failed'], late.text);
  assert.equal((await set(seen.json.handover.find((h) => h.platform === 'P02')?.days ?? 0, now.headers.get('etag'))).status, 200);
});

test('senctl speaks of all of it', async () => {
  const person = await official(p02);
  const code = person.employeeCode;
  const shown = JSON.parse(await senctl(env, ['--json', 'person', 'show', code]));
  assert.equal(shown.state, 'working');
  const preview = await senctl(env, ['person', 'move', code, '--kind', 'retire', '--on', day(3), '--dry-run', '--decision', '8/QĐ', '--decision-on', day(0),
    '--signer', 'Lê Thị Hà', '--reason', 'Đến tuổi']);
  assert.match(preview, /post_end/);
  assert.match(preview, /disabled/);
  const edited = await senctl(env, ['person', 'edit', code, '--version', String(shown.version), '--sex', shown.sex === 'male' ? 'female' : 'male']);
  assert.match(edited, new RegExp(String(shown.version + 1)));
  await assert.rejects(senctl(env, ['person', 'edit', code, '--version', String(shown.version), '--sex', 'male']));
  assert.match(await senctl(env, ['post', 'list', code]), /main/);
  assert.match(await senctl(env, ['account', 'list', '--manager', code]), new RegExp(person.login));
  assert.match(await senctl(env, ['enable', person.login, '--reason', 'Đang làm việc']), /active/);
  const program = `kt.ban${Date.now() % 100000}`;
  await senctl(env, ['account', 'add', '--kind', 'technical', '--employee-code', await freshEmployee(), '--login', program, '--reason', 'Đồng bộ']);
  await senctl(env, ['account', 'hand-over', program, '--to', code, '--reason', 'Bàn giao']);
  assert.match(await senctl(env, ['account', 'list', '--manager', code]), new RegExp(program.replace('.', '\\.')));
  await senctl(env, ['person', 'move', code, '--kind', 'suspend', '--decision', '8/QĐ', '--decision-on', day(0), '--signer', 'Lê Thị Hà', '--reason', 'Xác minh']);
  assert.match(await senctl(env, ['person', 'history', code]), /suspend/);
  assert.match(await senctl(env, ['account', 'show', person.login]), /suspended/);
  await senctl(env, ['person', 'lift-hold', code, '--reason', 'Xong']);
  await senctl(env, ['shared', 'list']);
});
