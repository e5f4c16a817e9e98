// Mass changes wait for a second person, and harm nobody until then; who leaves by name never waits; grace, deletion, return.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ldapSearch, scimUsers, senctl, until } from '../../deploy/driver/world.mjs';
import { administrator, basis, env, grant, official, p02, p03, sql } from './lib/world.mjs';
import { call, change, communesWithFree, deputyOf, nothingHeld } from './lib/versioned.mjs';

const reason = 'Đã kiểm tra với đơn vị';
const userOf = async (id) => (await scimUsers(env, `externalId eq "${id}"`))[0];
const mailboxOf = async (id) => (await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${id})`))[0];
const isOff = (mailbox) => (mailbox?.employeeType ?? []).includes('disabled');
// The server of P02 looks through all its accounts for each question: some are asked for, and only when all should be so.
const everyUser = async (ids, is) => (await Promise.all(ids.slice(0, 8).map(userOf))).every(is);
const settledAs = async (ids, active) => (await sql(`SELECT count(*) FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id WHERE p.code = 'P02'
  AND b.account_id = ANY (string_to_array($1, ',')::uuid[]) AND b.state = 0 AND b.seen_active = $2`, ids.join(), active))[0][0] === String(ids.length);
const stateOn = async (id, platform) => Number((await sql(`SELECT b.state FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id
  WHERE b.account_id = $1 AND p.code = $2`, id, platform))[0]?.[0] ?? -1);

let chief, second, root;
const rules = async (platform, body) => {
  const answer = await change(chief, `/platforms/${platform}/provisioning`, body, { method: 'PUT', seen: `/platforms/${platform}/provisioning` });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const holdsOf = async (platform, state) => (await chief.api('GET', `/holds?platform=${platform}&state=${state}`)).json.holds;

before(async () => {
  await nothingHeld();
  chief = await administrator();
  [[root]] = await sql('SELECT code FROM sen.unit WHERE parent_id IS NULL ORDER BY id LIMIT 1');
  second = await deputyOf(root, ['read', 'grant', 'approve', 'rules']);
});
after(async () => {
  // What is gone everywhere is held in the directory, too.
  for (const platform of ['P02', 'DIR'])
    for (const { id, version } of await holdsOf(platform, 'open'))
      await call(second, 'POST', `/holds/${id}/release`, { body: { reason }, headers: { 'if-match': `"${version}"` } });
  await rules('P02', { operations: ['create', 'update', 'disable'], max_n: 20, max_percent: 2, unit_percent: 10 });
  await rules('P03', { operations: ['create', 'update', 'disable'] });
});

test('the rules of a platform: a version, limits, and accounts of the directory are kept', async () => {
  const before = await chief.api('GET', '/platforms/P03/provisioning');
  assert.equal(before.json.operations.join(), 'create,update,disable');
  const put = (version, body, platform = 'P03') => call(chief, 'PUT', `/platforms/${platform}/provisioning`, { body, headers: { 'if-match': `"${version}"` } });
  const { version } = before.json;
  const changed = await put(version, { grace_days: 31 });
  assert.equal(changed.json.grace_days, 31, changed.text);
  assert.equal(changed.json.version, version + 1);
  assert.equal((await put(version, { grace_days: 32 })).status, 412);
  // Of 50 who saw the same, one changes it.
  const all = await Promise.all(Array.from({ length: 50 }, (_, i) => put(version + 1, { max_n: 20 + i })));
  assert.equal(all.filter((answer) => answer.status === 200).length, 1);
  for (const body of [{ max_percent: 101 }, { grace_days: -1 }, { on_removal: 'erase' }, { operations: ['create', 'drop'] }, { max_N: 3 }])
    assert.ok([400, 422].includes((await put(version + 2, body)).status), JSON.stringify(body));
  const directory = (await chief.api('GET', '/platforms/DIR/provisioning')).json;
  assert.equal((await put(directory.version, { operations: ['create', 'update', 'disable', 'delete'] }, 'DIR')).json.args?.field, 'operations');
  await rules('P03', { grace_days: 30, max_n: 20 });
  assert.match(await senctl(env, ['provisioning', 'show', 'P03']), /grace_days|số ngày chờ xoá: 30/);
  const { rows: [audited] } = { rows: await sql(`SELECT count(*) FROM sen.audit WHERE action = 'provisioning.rules' AND object = 'P03'`) };
  assert.ok(Number(audited[0]) >= 3);
});

test('a rule that is retired takes many away at once: held, nobody harmed; who leaves is off in seconds; a second person releases', async () => {
  await rules('P02', { max_n: 5, max_percent: 0, unit_percent: 100 });
  const unit = (await communesWithFree(12)).at(-1);
  const draft = await chief.api('POST', '/rules', { code: `G-${Date.now().toString(36)}`, name: 'Một cửa', basis, unit: unit.code, roles: [`P02/${p02.role}`] });
  assert.equal(draft.status, 201, draft.text);
  const rule = `/rules/${draft.json.id}`;
  const released = await call(second, 'POST', `${rule}/release`, { body: {}, headers: { 'if-match': '"1"' } });
  assert.equal(released.status, 200, released.text);
  // Who loses P02 with the rule: others may have been given roles there by the tests before this one.
  const people = (await sql(`SELECT DISTINCT g.account_id FROM sen.access_grant g WHERE g.rule_id = $1 AND NOT EXISTS (SELECT FROM sen.access_grant x
    JOIN sen.role r ON r.id = x.role_id JOIN sen.role own ON own.id = g.role_id
    WHERE x.account_id = g.account_id AND r.platform_id = own.platform_id AND x.revoked_at IS NULL AND x.rule_id IS DISTINCT FROM g.rule_id)`,
  draft.json.id)).map(([id]) => id);
  assert.ok(people.length >= 10, `${people.length} people`);
  await until('all on P02', () => settledAs(people, true), 60000);
  assert.ok(await everyUser(people, (user) => user.active));

  // A dry run says so before.
  const version = (await chief.api('GET', rule)).headers.get('etag');
  const tried = await call(chief, 'POST', `${rule}/retire?dry_run=all`, { body: {}, headers: { 'if-match': version } });
  assert.equal(tried.status, 200, tried.text);
  const told = tried.json.platforms.find((p) => p.platform === 'P02');
  assert.deepEqual([told.disable, told.held, told.held_by, told.not_allowed], [people.length, people.length, 'platform', 0], tried.text.slice(0, 500));
  assert.ok(tried.json.operations.filter((o) => o.platform === 'P02').every((o) => o.fate === 'held'));
  const [[someone]] = await sql('SELECT login FROM sen.account WHERE id = $1', people[1]);
  const byName = await call(chief, 'POST', `/accounts/${someone}/disable?dry_run=all`, { body: { reason: 'Nghỉ việc' } });
  assert.deepEqual(byName.json.operations.map((o) => o.fate), byName.json.operations.map(() => 'sent'), byName.text.slice(0, 500));
  await rules('P02', { operations: ['create', 'update'] });
  const forbidden = await call(chief, 'POST', `/accounts/${someone}/disable?dry_run=all`, { body: { reason: 'Nghỉ việc' } });
  assert.equal(forbidden.json.operations.find((o) => o.platform === 'P02').fate, 'not_allowed');
  assert.equal(forbidden.json.platforms.find((p) => p.platform === 'P02').not_allowed, 1);
  await rules('P02', { operations: ['create', 'update', 'disable'] });

  const retired = await change(chief, `${rule}/retire`, {}, { seen: rule });
  assert.equal(retired.status, 200, retired.text);
  // Two planners may hold a part each: one hold in the end, with everybody in it.
  let hold;
  await until('held', async () => {
    const open = await holdsOf('P02', 'open');
    [hold] = open;
    return open.length === 1 && hold.disable === people.length;
  }, 30000);
  assert.equal(hold.reason, 'platform');
  assert.ok(await everyUser(people, (user) => user.active), 'somebody was harmed');

  // By name, while it is held.
  const [gone, ...others] = people;
  const [[login]] = await sql('SELECT login FROM sen.account WHERE id = $1', gone);
  assert.equal((await chief.api('POST', `/accounts/${login}/disable`, { reason: 'Nghỉ việc' })).status, 200);
  await until('the leaver is off', async () => !(await userOf(gone)).active, 10000);
  assert.ok(await everyUser(others, (user) => user.active), 'somebody was harmed');

  // Looked at, account by account.
  const path = `/holds/${hold.id}`;
  const seen = [];
  let next = '';
  do {
    const { json } = await chief.api('GET', `${path}/accounts?limit=5${next ? `&after=${next}` : ''}`);
    seen.push(...json.accounts);
    next = json.next;
  } while (next);
  const waiting = new Set((await sql(`SELECT login FROM sen.account WHERE id = ANY (string_to_array($1, ',')::uuid[])`, others.join())).map(([name]) => name));
  assert.deepEqual(new Set(seen.map((account) => account.login)), waiting);
  assert.ok(seen.every((account) => account.operation === 'disable' && account.full_name && account.unit));
  assert.match(await senctl(env, ['provisioning', 'accounts', String(hold.id)]), /disable/);

  // Not by whoever retired the rule, not with an old version, and once.
  const decide = (who, what, version) => call(who, 'POST', `${path}/${what}`, { body: { reason }, headers: { 'if-match': `"${version}"` } });
  hold = (await chief.api('GET', path)).json;
  assert.ok(hold.authors.includes(env.SEN_ADMIN_LOGIN));
  assert.equal((await decide(chief, 'release', hold.version)).json.code, 'four_eyes');
  assert.equal((await decide(second, 'release', hold.version + 1)).status, 412);
  // What the provisioner would do when it sees the release, although nothing else is wanted of anybody.
  const letGo = await decide(second, 'release?dry_run=all', hold.version);
  assert.equal(letGo.status, 200, letGo.text);
  assert.deepEqual([letGo.json.sends_nothing, letGo.json.complete], [false, true], letGo.text.slice(0, 500));
  assert.deepEqual(letGo.json.platforms.map((p) => [p.platform, p.disable, p.held]), [['P02', others.length, 0]]);
  assert.deepEqual(new Set(letGo.json.operations.map((o) => o.login)), waiting);
  assert.equal((await chief.api('GET', path)).json.state, 'open');
  assert.ok(await everyUser(others, (user) => user.active), 'somebody was harmed');
  const answers = await Promise.all(Array.from({ length: 50 }, () => decide(second, 'release', hold.version)));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  await until('all off', () => settledAs(people, false), 60000);
  assert.ok(await everyUser(people, (user) => !user.active));
  await until('carried out', async () => (await chief.api('GET', path)).json.applied_at, 10000);
  assert.equal((await chief.api('GET', path)).json.waiting, 0);
  assert.equal((await sql(`SELECT count(*) FROM sen.audit WHERE action = 'hold.release' AND object = $1`, `hold:${hold.id}`))[0][0], '1');
});

test('what a switch kept back goes when it is put back, and a dry run of that says so', async () => {
  await rules('P03', { operations: ['create', 'update'] });
  const person = await official(p03);
  await until('there', () => mailboxOf(person.id));
  assert.equal((await chief.api('POST', '/grants/revoke', { login: person.login, reason: 'Thôi việc' })).status, 200);
  await until('not allowed', async () => await stateOn(person.id, 'P03') === 5, 20000);
  const path = '/platforms/P03/provisioning', etag = (await chief.api('GET', path)).headers.get('etag');
  const tried = await call(chief, 'PUT', `${path}?dry_run=all`, { body: { operations: ['create', 'update', 'disable'] }, headers: { 'if-match': etag } });
  assert.equal(tried.status, 200, tried.text);
  const told = tried.json.operations.find((o) => o.platform === 'P03' && o.login === person.login);
  assert.deepEqual([told?.operation, told?.fate, told?.after, tried.json.sends_nothing], ['disable', 'sent', { active: false }, false], tried.text.slice(0, 500));
  assert.equal(await stateOn(person.id, 'P03'), 5);
  await rules('P03', { operations: ['create', 'update', 'disable'] });
  await until('off', async () => isOff(await mailboxOf(person.id)), 20000);
});

test('off, then a grace in which a return only enables; then deleted, and back only after a look-up: on SCIM and on LDAP', async () => {
  const operations = ['create', 'update', 'disable', 'delete'];
  // Whom the tests before this one took access from is counted with him: it is not the guard that is looked at here.
  for (const platform of ['P02', 'P03']) await rules(platform, { operations, grace_days: 30, ...(platform === 'P02' ? { max_n: 1000 } : {}) });
  const person = await official(p02, p03);
  await until('there', async () => (await userOf(person.id))?.active && await mailboxOf(person.id));
  const was = (await userOf(person.id)).id;
  const leave = async () => assert.equal((await chief.api('POST', '/grants/revoke', { login: person.login, reason: 'Thôi việc' })).status, 200);
  const inGrace = async () => await stateOn(person.id, 'P02') === 7 && await stateOn(person.id, 'P03') === 7;

  await leave();
  await until('in grace', inGrace, 20000);
  assert.equal((await userOf(person.id)).active, false);
  assert.ok(isOff(await mailboxOf(person.id)));
  for (const client of [p02, p03]) await grant(person.employeeCode, client);
  await until('enabled', async () => (await userOf(person.id)).active && !isOff(await mailboxOf(person.id)), 20000);
  assert.equal((await userOf(person.id)).id, was);

  await leave();
  await until('in grace', inGrace, 20000);
  await sql('UPDATE sen.binding SET delete_at = now() WHERE account_id = $1 AND state = 7', person.id);
  await until('deleted', async () => !await userOf(person.id) && !await mailboxOf(person.id), 20000);
  await until('remembered', async () => await stateOn(person.id, 'P02') === 8 && await stateOn(person.id, 'P03') === 8, 10000);
  assert.equal((await sql(`SELECT count(*) FROM sen.audit WHERE action = 'platform_account.delete' AND account_id = $1`, person.id))[0][0], '2');
  // In the directory it is kept.
  const [entry] = await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, `(uid=${person.login})`);
  assert.ok(entry.pwdAccountLockedTime);

  for (const client of [p02, p03]) await grant(person.employeeCode, client);
  await until('there again', async () => (await userOf(person.id))?.active && await mailboxOf(person.id), 20000);
  assert.notEqual((await userOf(person.id)).id, was);
  assert.equal((await scimUsers(env, `userName eq "${person.login}"`)).length, 1);
  const ops = (await sql(`SELECT o.op FROM sen.op_log o JOIN sen.platform p ON p.id = o.platform_id WHERE o.account_id = $1 AND p.code = 'P02' ORDER BY o.at`, person.id)).map(([op]) => op);
  assert.equal(ops.at(-1), 'create');
});
