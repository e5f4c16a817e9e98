// A provisioner of a test's own with platforms that lie, and what is to be true of every account there when all is over.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { answers, env, folderFor, freePort, start, write } from './integrate.mjs';
import { historiesOf, judge } from './history.mjs';
import { newPlatform } from './platforms.mjs';
import { administrator, basis, freshEmployee, sql } from './world.mjs';

export const LEASE_S = 2;
// Of this process's own: two files run one after the other.
let lastChain = 910;

// A platform of its own in the catalogue, and the liar behind it.
export async function platform(code, liar) {
  const made = await newPlatform(code);
  await liar.start();
  return { ...made, liar, port: liar.port };
}

// A provisioner beside the stack's own, for these platforms (section: what its configuration says, instead of a liar); without the directory, which the other one has.
export async function provisioner(name, platforms, { command = [], env: more, database } = {}) {
  const folder = folderFor(`faults-${name}`), port = await freePort('127.0.0.1');
  const token = write(folder, 'token', platforms[0].liar?.token ?? 'no matter');
  const base = readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8').replace(/\n\[connector\.[^]*$/, '\n').replace(/^listen = .*$/m, `listen = 127.0.0.1:${port}`)
    .replace(/^lease_s = .*$/m, `lease_s = ${LEASE_S}`).replace('[database]', `[database]\naudit_chain = ${lastChain += 1}`)
    .replace(/^conninfo = .*$/m, (line) => (database ? line.replace(/host=\S+/, `host=${database}`) : line));
  const sections = platforms.map((p) => `[connector.${p.code}]\n${p.section ?? `kind = scim\nurl = http://127.0.0.1:${p.port}/scim/v2\ntoken_file = ${token}\ntimeout_ms = 400`}\n`);
  const file = write(folder, 'conf', `${base}\n${sections.join('\n')}`);
  const [program, ...args] = [...command, `${env.SEN_STATE}/bin/sen-provisioner`, '--config', file];
  // A platform left listening would keep this file from ending.
  const started = await start(program, args, { cwd: folder, ready: answers(`http://127.0.0.1:${port}/readyz`), env: more })
    .catch(async (error) => { await Promise.all(platforms.map(({ liar }) => liar?.stop())); throw error; });
  return Object.assign(started, { metrics: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text() });
}

const ask = async (path, body) => (await administrator()).api('POST', path, body);

export async function grant(employee, p, role = 'CAN_BO') {
  const answer = await ask('/grants', { employee_code: employee, platform: p.code, role, basis });
  assert.ok(answer.status <= 201, answer.text);
  return answer.json;
}

export const revoke = async (login, p) => {
  const answer = await ask('/grants/revoke', { login, platform: p.code, reason: 'Thôi nhiệm vụ' });
  assert.equal(answer.status, 200, answer.text);
};

// count people with a role there: [{ login, id, employee }].
export async function people(count, p, role) {
  const employees = await Promise.all(Array.from({ length: count }, () => freshEmployee()));
  const todo = [...employees], found = [];
  await Promise.all(Array.from({ length: 6 }, async () => {
    for (let employee = todo.shift(); employee; employee = todo.shift()) found.push({ employee, ...await grant(employee, p, role) });
  }));
  const ids = new Map(await sql('SELECT login, id FROM sen.account'));
  return found.map(({ employee, login }) => ({ employee, login, id: ids.get(login) }));
}

export const bindings = (p, state = 'state <> 0') => sql(`SELECT count(*) FROM sen.binding WHERE platform_id = ${p.id} AND (${state})`).then(([[n]]) => Number(n));
export const settled = async (p, without = []) => (await sql(`SELECT (SELECT count(*) FROM sen.binding b WHERE b.platform_id = $1 AND b.state <> 0 AND b.account_id <> ALL ($2::uuid[]))
  + (SELECT count(*) FROM sen.dirty_account)`, p.id, `{${without.map(({ id }) => id)}}`))[0][0] === '0';
export const health = async (p) => (await (await administrator()).api('GET', `/platforms/${p.code}/health`)).json;
// The next probe now: how long it would take is the unit tests' business.
export const hurry = (p) => sql(`UPDATE sen.platform_health SET failed_at = now() - interval '2 hours', epoch = epoch + 1 WHERE platform_id = $1 AND state <> 0`, p.id);
export const operations = (p) => sql(`SELECT account_id, op, outcome, gen, status FROM sen.op_log WHERE platform_id = $1 ORDER BY at, id`, p.id);

// poisoned: accounts that the platform never takes.  What was read, for those who want to see the judge fail.
export async function check(p, who, { poisoned = [] } = {}) {
  const bad = poisoned.map(({ id }) => id);
  const histories = await historiesOf(p, who.filter(({ id }) => !bad.includes(id)));
  assert.deepEqual(histories.flatMap(judge), []);
  assert.equal(await bindings(p, `seen_gen <> want_gen AND account_id <> ALL ('{${bad}}'::uuid[])`), 0);
  return histories;
}
