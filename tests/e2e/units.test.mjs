// The directory shows roles and units as groups: who is granted a role is in its group, who is revoked is out of it; a unit keeps its
// entry under another name; what others change of members is put back; and a mass change of units waits for a second person.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';

import { ldapSearch, senctl, until } from '../../deploy/driver/world.mjs';
import { administrator, basis, env, official, p02, run, sql } from './lib/world.mjs';
import { call, change as changed, deputyOf, nothingHeld } from './lib/versioned.mjs';

// The promise for a revocation, with the time of a busy machine.
const GONE_MS = 5000;
const suffix = env.SEN_LDAP_BASE, people = `ou=people,${suffix}`;
const folder = { groups: `ou=groups,${suffix}`, units: `ou=units,${suffix}` };
const directory = (text) => execFileSync('ldapmodify', ['-Q', '-Y', 'EXTERNAL', '-H', env.SEN_LDAP_OPERATOR_URI], { input: text, env: { ...process.env, LDAPNOINIT: '1' } });
const change = (dn, ...lines) => directory(`dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n`);
const find = (base, filter) => ldapSearch(env.SEN_LDAP_OPERATOR_URI, base, filter);
const dnOf = (login) => `uid=${login},${people}`;
const groupsOf = async (login, kind) => (await find(folder[kind], `(member=${dnOf(login)})`)).map(({ cn: [cn] }) => cn).sort();
const unit = async (code) => (await find(folder.units, `(cn=${code})`))[0];
const unitOf = async (employeeCode) => (await sql(`SELECT u.code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' AND o.valid @> sen.today()
  JOIN sen.unit u ON u.id = o.unit_id WHERE p.employee_code = $1`, employeeCode))[0][0];
const api = async (method, path, body, headers) => {
  const answer = await (await administrator()).api(method, path, body, headers);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
};
const settled = () => until('settled', async () => (await sql('SELECT count(*) FROM sen.dirty_account'))[0][0] === '0'
  && (await sql('SELECT count(*) FROM sen.binding WHERE platform_id = 0 AND state <> 0'))[0][0] === '0', 30000);

let person, code;
before(async () => {
  await nothingHeld();
  person = await official(p02);
  code = await unitOf(person.employeeCode);
  await settled();
});

test('a grant puts into the group of the role and of the unit, a revocation takes out of both', async () => {
  const role = `P02:${env.P02_ROLE}`;
  assert.deepEqual(await groupsOf(person.login, 'groups'), [role]);
  assert.deepEqual(await groupsOf(person.login, 'units'), [code]);

  const other = await official(p02);
  await until('in', async () => (await groupsOf(other.login, 'groups')).includes(role) && (await groupsOf(other.login, 'units')).length === 1);
  await api('POST', '/grants/revoke', { login: other.login, reason: 'Thôi việc' });
  const began = performance.now();
  await until('out', async () => (await groupsOf(other.login, 'groups')).length + (await groupsOf(other.login, 'units')).length === 0);
  const took = Math.round(performance.now() - began);
  console.log(`out of all groups after ${took} ms`);
  assert.ok(took < GONE_MS);
  assert.equal((await find(people, `(uid=${other.login})`))[0].pwdAccountLockedTime[0], '000001010000Z');
});

test('every unit of today has an entry, which keeps its place under another name', async () => {
  const [[n]] = await sql('SELECT count(*) FROM sen.unit WHERE valid_from <= sen.today() AND (valid_to IS NULL OR valid_to > sen.today())');
  await until('all units', async () => (await find(folder.units, '(&(objectClass=senUnit)(senUnitStatus=active))')).length === Number(n), 30000);

  const { stdout } = await run(env.SENCTL, ['--config', env.SENCTL_CONFIG, 'doctor']).catch((error) => error);
  assert.match(stdout, /^(ok|warn) +units +\d+ /m);

  const was = await unit(code), { version, name } = await api('GET', `/units/${code}`);
  assert.equal(was.senUnitName[0], name);
  await api('PATCH', `/units/${code}`, { name: `${name} (mới)` }, { 'if-match': `"${version}"` });
  await until('renamed', async () => (await unit(code)).senUnitName[0] === `${name} (mới)`);
  const is = await unit(code);
  assert.deepEqual([is.dn, is.entryUUID, is.member.sort()], [was.dn, was.entryUUID, was.member.sort()]);
  await api('PATCH', `/units/${code}`, { name }, { 'if-match': `"${version + 1}"` });
  await until('named as before', async () => (await unit(code)).senUnitName[0] === name);
});

// Persons of this test's own, so that no other one finds its people elsewhere.
async function newcomers(unitCode, n) {
  const rows = await sql(`WITH p AS (INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)
      SELECT gen_random_uuid(), $1 || '-' || i, 'cong_chuc', 'Lê', 'Văn', 'Mới', 'Lê Văn Mới', 'le van moi' FROM generate_series(1, $2::integer) i RETURNING id, employee_code),
    o AS (INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no)
      SELECT p.id, gen_random_uuid(), u.id, 'Chuyên viên', 'main', '[2025-07-01,)', 'QĐ 1' FROM p, sen.unit u WHERE u.code = $3)
    SELECT employee_code FROM p ORDER BY 1`, `NV-${unitCode}`, n, unitCode);
  return rows.map(([employee]) => employee);
}

test('people who arrive in a unit that has just been made, all at once', async () => {
  const tag = Date.now().toString(36), made = `T.${tag}`, next = `T2.${tag}`;
  const add = (of) => api('POST', '/units', { code: of, name: 'Phòng Thử Nghiệm', kind: 'division', parent: '40', valid_from: '2025-07-01' });
  await add(made);
  const codes = await newcomers(made, 4);
  const granted = await Promise.all(codes.map((employee_code) => api('POST', '/grants', { employee_code, platform: 'P02', role: env.P02_ROLE, basis })));
  await until('all are in', async () => ((await unit(made))?.member ?? []).length === codes.length + 1, 20000);
  for (const { login } of granted) assert.deepEqual(await groupsOf(login, 'units'), [made]);
  await until('the unit is whole', async () => (await unit(made)).senUnitParent?.[0] === '40');
  assert.equal((await unit(made)).senUnitKind[0], 'division');

  // One moves away.
  const [{ login }] = granted;
  await add(next);
  await sql(`UPDATE sen.post o SET unit_id = (SELECT id FROM sen.unit WHERE code = $1) FROM sen.person p WHERE p.id = o.person_id AND p.employee_code = $2`, next, codes[0]);
  await until('moved', async () => (await groupsOf(login, 'units')).join() === next);
  assert.equal((await unit(made)).member.length, codes.length);
});

test('what others change of members is put back', async () => {
  await settled();
  await until('the directory is followed', async () => (await sql('SELECT connected_at IS NOT NULL AND current_at IS NOT NULL FROM sen.follow WHERE platform_id = 0'))[0]?.[0] === 't', 40000);
  const role = `cn=P02:${env.P02_ROLE},${folder.groups}`, place = `cn=${code},${folder.units}`, dn = dnOf(person.login);
  const isIn = async (base) => (await find(base, `(member=${dn})`)).length === 1;

  change(role, 'delete: member', `member: ${dn}`);
  await until('back in the role', () => isIn(role));
  await settled();
  change(place, 'delete: member', `member: ${dn}`);
  await until('back in the unit', () => isIn(place));
  await settled();

  const stranger = `cn=P02:QUANTRI,${folder.groups}`;
  if (!(await find(folder.groups, '(cn=P02:QUANTRI)'))[0])
    directory(`dn: ${stranger}\nchangetype: add\nobjectClass: groupOfNames\nmember: ${dn}\n`);
  else change(stranger, 'add: member', `member: ${dn}`);
  await until('out of a role that was not granted', async () => !await isIn(stranger));

  const [name] = (await unit(code)).senUnitName;
  change(place, 'replace: senUnitName', `senUnitName:: ${Buffer.from('Tên Khác').toString('base64')}`);
  await until('named as it should be', async () => (await unit(code)).senUnitName[0] === name);
});

// As somebody does who uploads a file, looks at what it would do, and lets it happen.
async function imported(csv) {
  const chief = await administrator(), bytes = Buffer.from(csv);
  const { json: { id }, headers } = await call(chief, 'POST', '/imports', { body: { kind: 'units', unit: '40', name: 'Danh sách đơn vị' } });
  assert.equal((await call(chief, 'PUT', `/imports/${id}/parts/0`, { body: { data: bytes.toString('base64url') } })).status, 204);
  await call(chief, 'POST', `/imports/${id}/check`, { body: { sha256: createHash('sha256').update(bytes).digest('hex') }, headers: { 'if-match': headers.get('etag') } });
  const is = (state) => until(`import ${state}`, async () => {
    const { json } = await chief.api('GET', `/imports/${id}`);
    assert.notEqual(json.state, 'refused', JSON.stringify(json.report));
    return json.state === state;
  }, 30000);
  await is('ready');
  assert.equal((await changed(chief, `/imports/${id}/apply`, {})).status, 202);
  await is('applied');
}

test('a bad file of units touches nothing, until a second person has released it', async () => {
  const chief = await administrator(), tag = Date.now().toString(36), codes = Array.from({ length: 8 }, (_, i) => `G${i}.${tag}`);
  const file = (name, to) => ['code,name,name_en,kind,parent_code,valid_from,valid_to,verified', ...codes.map((of) => `${of},${name},,division,40,2025-07-01,${to},true`)].join('\n') + '\n';
  const rules = async (body) => assert.equal((await changed(chief, '/platforms/DIR/provisioning', body, { method: 'PUT', seen: '/platforms/DIR/provisioning' })).status, 200);
  const names = async () => (await find(folder.units, `(cn=G*.${tag})`)).map(({ senUnitName: [name], senUnitStatus: [status] }) => `${name} ${status}`);
  const open = async () => (await chief.api('GET', '/holds?platform=DIR&state=open')).json.holds.filter(({ reason }) => reason === 'units');
  const second = await deputyOf('40', ['read', 'approve']);
  await imported(file('Phòng Thử', ''));
  await until('all are there', async () => (await names()).length === codes.length);

  await rules({ max_n: 5, max_percent: 0 });
  try {
    await imported(file('Phong Thu', '2026-01-01'));
    await until('held', async () => (await open()).length === 1);
    const [hold] = await open();
    assert.equal(hold.disable, codes.length);
    assert.deepEqual(await names(), codes.map(() => 'Phòng Thử active'));
    const { json: { units } } = await chief.api('GET', `/holds/${hold.id}/units?limit=3`);
    assert.deepEqual(units.map(({ unit: of, operation, name, new_name: becomes, new_valid_to: to }) => [of, operation, name, becomes, to]),
      codes.slice(0, 3).map((of) => [of, 'close', 'Phòng Thử', 'Phong Thu', '2026-01-01']));
    assert.match(await senctl(env, ['provisioning', 'units', String(hold.id)]), /Phong Thu/);
    const detail = (await chief.api('GET', `/holds/${hold.id}`)).json;
    assert.equal(detail.waiting, codes.length);
    assert.equal(detail.authors.length, 1);

    // A person decides about one of them by name.
    const [one] = codes, { version } = await api('GET', `/units/${one}`);
    await api('PATCH', `/units/${one}`, { name: 'Phòng Một' }, { 'if-match': `"${version}"` });
    await until('that one goes on', async () => (await unit(one)).senUnitName[0] === 'Phòng Một');

    const decide = (who, of) => call(who, 'POST', `/holds/${of.id}/release`, { body: { reason: 'Đã đối chiếu' }, headers: { 'if-match': `"${of.version}"` } });
    const own = await decide(chief, (await open())[0]);
    assert.equal(own.status, 403, own.text);
    assert.equal(own.json.code, 'four_eyes');
    assert.equal((await decide(second, (await open())[0])).status, 200);
    await until('released', async () => (await names()).filter((is) => is === 'Phong Thu abolished').length === codes.length - 1);
  } finally {
    await rules({ max_n: 20, max_percent: 2 });
  }
});
