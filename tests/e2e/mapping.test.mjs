// Mappings: what platforms hold of accounts, drawn, tested, counted and activated; and accounts that are there already.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { ldapSearch, scimUsers, secret, senctl, senctlJson, until as untilWithin } from '../../deploy/driver/world.mjs';
import { administrator, basis, env, freshEmployee, grant, official, p02, p03, sql } from './lib/world.mjs';
import { call, change, deputyOf } from './lib/versioned.mjs';

// What becomes active is sent to everybody anew, to a platform that takes some twenty a second.
const until = (what, probe) => untilWithin(what, probe, 120000);
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
let admin, second, person, name, unit;

// As before: no mapping at all.
const clean = async () => {
  await sql(`DELETE FROM sen.match_candidate; DELETE FROM sen.mapping WHERE platform_id IN (SELECT id FROM sen.platform WHERE code IN ('P02', 'P03'));
    SELECT sen.wake(ARRAY(SELECT DISTINCT b.account_id FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id
      WHERE p.code IN ('P02', 'P03') AND b.want_active), 4::smallint)`);
};
before(async () => {
  await clean();
  admin = await administrator();
  second = await deputyOf('40', ['read', 'catalogue']);
  person = await official(p02, p03);
  [[name, unit]] = await sql(`SELECT p.full_name, u.name FROM sen.account a JOIN sen.person p ON p.id = a.person_id
    JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' AND o.valid @> sen.today() JOIN sen.unit u ON u.id = o.unit_id WHERE a.id = $1`, person.id);
});
after(clean);

const scim = async (method, path, body) => {
  const answer = await fetch(`${env.P02_SCIM}${path}`, { method, body: JSON.stringify(body),
    headers: { authorization: `Bearer ${secret(env.P02_SCIM_TOKEN_FILE)}`, 'content-type': 'application/scim+json' } });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
};
const user = async (id = person.id) => (await scimUsers(env, `externalId eq "${id}"`))[0];
const entry = async () => (await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${person.id})`))[0];
const ldif = (text) => execFileSync('ldapmodify', ['-Q', '-Y', 'EXTERNAL', '-H', env.P03_LDAP_OPERATOR_URI],
  { input: text, env: { ...process.env, LDAPNOINIT: '1' } });
const defaults = async (platform, kind) => (await admin.api('GET', `/platforms/${platform}/mapping`)).json.defaults[kind];
const withRows = (document, ...rows) => ({
  ...document, attributes: [...document.attributes.filter((a) => !rows.some((r) => r.path === a.path)), ...rows],
});
const sample = (path, facts, value) => [{ name: 'mẫu', facts, expect: { [path]: value } }];

async function countOf(platform, number) {
  for (let i = 0; i < 1000; i += 1) {
    const answer = await admin.api('POST', `/platforms/${platform}/mapping/${number}/count`);
    assert.equal(answer.status, 200, answer.text);
    if (answer.json.done) return answer.json;
  }
  return assert.fail('the count does not end');
}

async function activated(platform, document, samples) {
  const drawn = await admin.api('POST', `/platforms/${platform}/mapping`, { document, samples });
  assert.equal(drawn.status, 201, drawn.text);
  const base = `/platforms/${platform}/mapping/${drawn.json.number}`;
  const tested = await change(admin, `${base}/test`, {});
  assert.equal(tested.json?.passed, true, tested.text);
  await countOf(platform, drawn.json.number);
  const active = await change(second, `${base}/activate`, {});
  assert.equal(active.status, 200, active.text);
  assert.equal(active.json.state, 'active');
  return drawn.json.number;
}

test('a faulty mapping is refused with its place; only what was tested and counted becomes active, and by a second person when it is much', async () => {
  const document = withRows(await defaults('P02', 'scim'), { path: 'displayName', value: 'full_name + " (" + unit.name + ")"', required: true });
  const refused = await admin.api('POST', '/platforms/P02/mapping', { document });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /attributes\[10\]\.value/);
  document.attributes.at(-1).value = 'full_name + " (" + (unit.name ?? "?") + ")"';
  const at = await admin.api('POST', '/platforms/P02/mapping', { document: withRows(document, { path: 'title', value: 'post.titel' }) });
  assert.match(at.text, /attributes\[10\]\.value:0/);

  const facts = { full_name: 'Nguyễn Thị Ánh', 'unit.name': 'Xã Một' };
  const drawn = await admin.api('POST', '/platforms/P02/mapping', { document, samples: sample('displayName', facts, 'Nguyễn Thị Ánh') });
  assert.equal(drawn.status, 201, drawn.text);
  const base = `/platforms/P02/mapping/${drawn.json.number}`;
  const early = await change(admin, `${base}/activate`, {});
  assert.equal(early.status, 409);
  const failed = await change(admin, `${base}/test`, {});
  assert.equal(failed.json.passed, false);
  assert.deepEqual(failed.json.samples[0].differences, [{ path: 'displayName', expected: 'Nguyễn Thị Ánh', got: 'Nguyễn Thị Ánh (Xã Một)' }]);
  assert.equal((await admin.api('GET', base)).json.state, 'draft');

  const edit = { document, samples: sample('displayName', facts, 'Nguyễn Thị Ánh (Xã Một)') };
  assert.equal((await call(admin, 'PUT', base, { body: edit, headers: { 'if-match': '"77"' } })).status, 412);
  const edited = await change(admin, base, edit, { seen: base, method: 'PUT' });
  assert.equal(edited.status, 200, edited.text);
  assert.equal((await change(admin, `${base}/test`, {})).json.passed, true);
  const uncounted = await change(admin, `${base}/activate`, {});
  assert.equal(uncounted.status, 409);
  assert.equal(uncounted.json.code, 'blocked');

  const [[wanted]] = await sql(`SELECT count(*) FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id WHERE p.code = 'P02' AND b.want_active`);
  const count = await countOf('P02', drawn.json.number);
  assert.equal(count.counted, Number(wanted));
  assert.equal(count.accounts, Number(wanted), 'every display name changes');
  assert.equal(count.changes, count.accounts);
  assert.equal(count.second_person, count.accounts > Math.max(20, 0.02 * count.counted));
  if (count.second_person) assert.equal((await change(admin, `${base}/activate`, {})).json.code, 'four_eyes');
  // Everybody is woken later, by the provisioner: a dry run says already now what that comes to.
  const etag = (await admin.api('GET', base)).headers.get('etag');
  const tried = await call(second, 'POST', `${base}/activate?dry_run=all`, { body: {}, headers: { 'if-match': etag } });
  assert.equal(tried.status, 200, tried.text);
  const told = tried.json.platforms.find((p) => p.platform === 'P02');
  assert.deepEqual([told.create, told.update, told.disable, tried.json.complete, tried.json.sends_nothing], [0, Number(wanted), 0, true, false], tried.text.slice(0, 500));
  assert.equal((await admin.api('GET', base)).json.state, 'tested');
  const races = await Promise.all(Array.from({ length: 8 }, () => change(second, `${base}/activate`, {})));
  assert.deepEqual(races.map((r) => r.status).filter((s) => s === 200).length, 1, races.map((r) => r.text).join('\n'));

  await until('the display name says the unit', async () => (await user()).displayName === `${name} (${unit})`);
  const seen = await user();
  assert.equal(seen.userName, person.login);
  assert.equal(seen[enterprise].employeeNumber, person.employeeCode);
  const [[audited]] = await sql(`SELECT count(*) FROM sen.audit WHERE action = 'mapping.activate' AND object = 'P02'`);
  assert.equal(audited, '1');
  await until('everybody was woken', async () => (await sql('SELECT count(*) FROM sen.mapping WHERE waking'))[0][0] === '0');
  assert.equal((await change(admin, base, edit, { seen: base, method: 'PUT' })).status, 409, 'what is active is not edited');
});

test('SCIM: what is theirs stays theirs, what was sent once stays as it became, null clears', async () => {
  const document = withRows(await defaults('P02', 'scim'), { path: 'displayName', value: 'full_name' }, { path: 'title', owner: 'theirs' },
    { path: 'nickName', value: 'ten', owner: 'initial' }, { path: 'preferredLanguage', value: 'null' });
  await activated('P02', document, sample('displayName', { full_name: 'A' }, 'A'));
  await until('the display name is back', async () => (await user()).displayName === name);
  const { id } = await user();
  await scim('PATCH', `/Users/${id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [
    { op: 'replace', path: 'title', value: 'Chức danh của nền tảng' }, { op: 'replace', path: 'nickName', value: 'Biệt danh' },
    { op: 'replace', path: 'displayName', value: 'Ai đó' }, { op: 'replace', path: 'preferredLanguage', value: 'en' }] });
  const more = await admin.api('POST', '/grants', { login: person.login, platform: 'P02', role: 'THUPHI', basis });
  assert.equal(more.status, 201, more.text);
  await until('two roles', async () => (await user()).roles.length === 2);
  const seen = await user();
  assert.equal(seen.displayName, name);
  assert.equal(seen.title, 'Chức danh của nền tảng');
  assert.equal(seen.nickName, 'Biệt danh');
  assert.ok(!seen.preferredLanguage, 'null clears');
  // A new account gets what is sent once.
  const other = await official(p02);
  const [[ten]] = await sql('SELECT p.ten FROM sen.person p JOIN sen.account a ON a.person_id = p.id WHERE a.id = $1', other.id);
  await until('the other account', async () => (await user(other.id))?.nickName === ten);
});

test('LDAP: the same on an entry', async () => {
  const document = withRows(await defaults('P03', 'ldap'), { path: 'displayName', value: 'join(" – ", full_name, unit.name)' },
    { path: 'title', value: 'null' }, { path: 'description', owner: 'theirs' }, { path: 'roomNumber', value: '"P.1"', owner: 'initial' });
  const number = await activated('P03', document, sample('displayName', { full_name: 'A', 'unit.name': 'B' }, 'A – B'));
  await until('the display name says the unit', async () => (await entry()).displayName[0] === `${name} – ${unit}`);
  assert.equal((await entry()).title, undefined, 'null clears');
  const { dn } = await entry();
  ldif(`dn: ${dn[0]}\nchangetype: modify\nreplace: description\ndescription: cua ho\n-\nreplace: roomNumber\nroomNumber: P.2\n-\nreplace: title\ntitle: x\n-\nreplace: displayName\ndisplayName: x\n`);
  await activated('P03', withRows(document, { path: 'displayName', value: 'upper(full_name)' }), sample('displayName', { full_name: 'ế' }, 'Ế'));
  await until('the display name in capitals', async () => (await entry()).displayName[0] === name.toUpperCase());
  const seen = await entry();
  assert.deepEqual([seen.description[0], seen.roomNumber[0], seen.title], ['cua ho', 'P.2', undefined]);
  assert.match(await senctl(env, ['mapping', 'diff', 'P03', String(number + 1), String(number)]), /^\+ .*upper\(full_name\)/m);
  assert.match(await senctl(env, ['mapping', 'list', 'P03']), /retired/);
  const shown = await senctlJson(env, ['mapping', 'show', 'P03', String(number)]);
  assert.equal(shown.state, 'retired');
});

test('an account that is there already is adopted by a strong rule, and by a weak one only when a person says so', async () => {
  const foreign = async (employee) => scim('POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterprise],
    userName: `cu-${employee.toLowerCase()}`, displayName: 'Tài khoản cũ', active: true, nickName: employee, [enterprise]: { employeeNumber: employee } });
  const rule = (confidence, by = { by: 'expression', path: 'nickName', value: 'employee_code' }) => ({ matching: [{ ...by, confidence }], match_before_create: true });
  const document = await defaults('P02', 'scim');
  await activated('P02', { ...document, ...rule('strong') }, sample('displayName', { full_name: 'A' }, 'A'));
  const first = await freshEmployee(), weak = await freshEmployee();
  const there = await foreign(first);
  const granted = await grant(first, p02);
  const [[id]] = await sql('SELECT id FROM sen.account WHERE login = $1', granted.login);
  await until('it is ours', async () => (await user(id))?.id === there.id);
  await until('and as we want it', async () => (await user(id)).userName === granted.login && (await user(id)).roles?.length === 1);
  await until('audited', async () => (await sql(`SELECT count(*) FROM sen.audit WHERE action = 'platform_account.adopt' AND account_id = $1`, id))[0][0] === '1');

  await activated('P02', { ...document, ...rule('weak') }, sample('displayName', { full_name: 'A' }, 'A'));
  const other = await foreign(weak), login = (await grant(weak, p02)).login;
  const dispute = async () => (await admin.api('GET', '/platforms/P02/disputes')).json.disputes.find((d) => d.login === login);
  await until('a person is asked', dispute);
  const [candidate] = (await dispute()).candidates;
  assert.deepEqual([candidate.ext_id, candidate.label, candidate.rule, candidate.strong, candidate.linked],
    [other.id, other.userName, 'expression', false, false]);
  assert.ok(!(await scimUsers(env, `userName eq "${other.userName}"`))[0].externalId, 'not touched before');
  assert.equal((await admin.api('POST', `/platforms/P02/disputes/${login}/adopt`, { ext_id: 'nobody' })).status, 404);
  await senctl(env, ['mapping', 'adopt', 'P02', login, other.id]);
  const [[weakId]] = await sql('SELECT id FROM sen.account WHERE login = $1', login);
  await until('it is ours', async () => (await user(weakId))?.id === other.id && (await user(weakId)).userName === login);
  assert.equal(await dispute(), undefined);
  const rules = async () => (await sql(`SELECT string_agg(data ->> 'rule', ',' ORDER BY at) FROM sen.audit
    WHERE action = 'platform_account.adopt' AND account_id IN ($1, $2)`, id, weakId))[0][0];
  await until('audited', async () => (await rules()).includes('person'));
  assert.equal(await rules(), 'expression,person');

  // This server answers "nobody" to whatever it does not understand: such a rule creates no second account.
  await activated('P02', { ...document, ...rule('strong', { by: 'employee_code' }) }, sample('displayName', { full_name: 'A' }, 'A'));
  const third = await freshEmployee();
  await foreign(third);
  const blocked = (await grant(third, p02)).login;
  await until('it is said', async () => (await sql(`SELECT count(*) FROM sen.binding b JOIN sen.account a ON a.id = b.account_id
    WHERE a.login = $1 AND b.state = 5 AND b.err_class = 'unprovable'`, blocked))[0][0] === '1');
  assert.equal((await scimUsers(env, `userName eq "${blocked}"`)).length, 0);
});
