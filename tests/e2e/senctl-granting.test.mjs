// Emergencies, deputies, separation of duties and policies, changed by senctl: what it sends is what is then on record.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { before, test } from 'node:test';

import { senctl, senctlJson } from '../../deploy/driver/world.mjs';
import { Administrator, administrator, basis, env, freshEmployee, handOn, official, p02, p03, sql } from './lib/world.mjs';

const rights = ['read', 'grant', 'approve', 'rules', 'review', 'delegate'];
const codeOf = (name) => `${name}-${Date.now().toString(36)}`;
let chief, one, other, root, today, later;
async function colleague() {
  const person = await official(p02);
  const given = await handOn({ login: person.login, unit: root, rights });
  assert.equal(given.status, 201, given.text);
  return new Administrator(person.agent, person.login, person.password);
}
before(async () => {
  [[root]] = await sql('SELECT code FROM sen.unit WHERE parent_id IS NULL ORDER BY id LIMIT 1');
  [[today, later]] = await sql('SELECT sen.today(), sen.today() + 20');
  chief = await administrator();
  one = await colleague();
  other = await colleague();
});
const made = async (who, path, body, headers) => {
  const answer = await who.api('POST', path, body, headers);
  assert.ok([200, 201].includes(answer.status), `${path}: ${answer.text}`);
  return answer.json;
};
const matching = (version) => ({ 'if-match': `"${version}"` });
const emergencyOf = async () => ({ employee_code: await freshEmployee(), platform: 'P02', role: p02.role, reason: 'Bão', hours: 3 });
const stateOf = async (id) => (await sql('SELECT asked_by IS NOT NULL, released_by IS NOT NULL, conclusion, hours FROM sen.emergency WHERE id = $1', id))[0];

test('an emergency is asked for, released and reviewed', async () => {
  const wanted = await emergencyOf();
  const asked = await senctlJson(env, ['emergency', 'ask', '--employee-code', wanted.employee_code, '--platform', 'P02', '--role', p02.role, '--reason', 'Bão', '--hours', '3']);
  assert.deepEqual(await stateOf(asked.id), ['t', 'f', '', '3']);
  await assert.rejects(senctl(env, ['emergency', 'release', asked.id, '--version', '1']), /emergency/);
  const second = await made(one, '/emergency-grants', await emergencyOf());
  await assert.rejects(senctl(env, ['emergency', 'release', second.id, '--version', '7']), /emergency/);
  await senctl(env, ['emergency', 'release', second.id, '--version', '1']);
  assert.deepEqual((await stateOf(second.id)).slice(0, 2), ['t', 't']);
  const third = await made(one, '/emergency-grants', await emergencyOf());
  await made(other, `/emergency-grants/${third.id}/release`, {}, matching(1));
  await senctl(env, ['emergency', 'review', third.id, '--version', '2', '--conclusion', 'unjustified', '--note', 'Không cần']);
  assert.equal((await stateOf(third.id))[2], 'unjustified');
  assert.equal((await sql('SELECT count(*) FROM sen.access_grant WHERE emergency_id = $1 AND revoked_at IS NULL', third.id))[0][0], '0');
});

test('a deputy is named and ended', async () => {
  const named = await senctlJson(env, ['deputy', 'add', '--principal', one.login, '--deputy', other.login, '--from', today, '--to', later, '--basis', basis]);
  const standing = async () => (await sql(`SELECT p.login, d.login, lower(x.valid), upper(x.valid), x.ended_at IS NULL FROM sen.deputy x
    JOIN sen.account p ON p.id = x.principal JOIN sen.account d ON d.id = x.deputy WHERE x.id = $1`, named.id))[0];
  assert.deepEqual(await standing(), [one.login, other.login, today, later, 't']);
  await senctl(env, ['deputy', 'end', named.id]);
  assert.equal((await standing())[4], 'f');
});

test('duties are separated, excepted and put together again', async () => {
  const duty = await senctlJson(env, ['duty', 'add', '--code', codeOf('TN'), '--name', 'Tách nhiệm', '--platform-a', 'P02', '--role-a', p02.role, '--platform-b', 'P03', '--role-b', p03.role,
    '--within', 'unit', '--severity', 'warn', '--basis', basis]);
  const employee = await freshEmployee();
  await senctl(env, ['duty', 'except', duty.id, '--employee-code', employee, '--reason', 'Một người', '--to', '2099-01-01T00:00:00+07:00']);
  const exceptions = () => sql('SELECT e.id, e.approved_at IS NOT NULL FROM sen.duty_exception e WHERE e.duty_id = $1 ORDER BY e.asked_at', duty.id);
  const [[first, approved]] = await exceptions();
  assert.equal(approved, 'f');
  await assert.rejects(senctl(env, ['duty', 'approve-exception', first]), /duty/);
  const theirs = await made(one, `/duty-rules/${duty.id}/exceptions`, { employee_code: await freshEmployee(), reason: 'Một người', valid_to: '2099-01-01T00:00:00+07:00' });
  await senctl(env, ['duty', 'approve-exception', theirs.id]);
  assert.equal((await exceptions()).find(([id]) => id === theirs.id)[1], 't');
  await assert.rejects(senctl(env, ['duty', 'retire', duty.id, '--version', '9']), /duty/);
  await senctl(env, ['duty', 'retire', duty.id, '--version', '1']);
  assert.equal((await sql('SELECT retired_at IS NOT NULL FROM sen.duty_rule WHERE id = $1', duty.id))[0][0], 't');
});

test('a policy is set against the version that was seen', async () => {
  const [[role, roleId]] = await sql(`SELECT r.code, r.id FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = 'P02' AND r.code <> $1
    AND NOT EXISTS (SELECT FROM sen.grant_policy y WHERE y.role_id = r.id) ORDER BY r.code DESC LIMIT 1`, p02.role);
  const file = `${process.env.TMPDIR ?? '/tmp'}/${codeOf('policy')}.json`;
  const set = async (version, max) => {
    await writeFile(file, JSON.stringify({ platform: 'P02', role, stages: 1, stage_days: 5, max_days: max, end_required: false, direct: true }));
    return senctl(env, ['policy', 'set', '--version', version, file]);
  };
  const stored = async () => (await sql('SELECT max_days, version FROM sen.grant_policy WHERE role_id = $1', roleId))[0];
  await set('0', 300);
  assert.deepEqual(await stored(), ['300', '1']);
  await assert.rejects(set('0', 200), /policy/);
  await set('1', 200);
  assert.deepEqual(await stored(), ['200', '2']);
  // As it was for everybody else.
  await sql('DELETE FROM sen.grant_policy WHERE role_id = $1', roleId);
  assert.equal(chief.login.length > 0, true);
});
