// How long an account outlives its revocation on each platform; see revocation.  Runs in the
// folder of the demonstration's driver, whose modules it uses.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { ldapSearch, readEnv, scimUsers, secret, senctlJson, until } from './world.mjs';

const [file, count] = process.argv.slice(2);
const env = readEnv(file);

// The first ones play in the demonstration.
const SPARED = 10;
const lines = readFileSync(`${env.SEN_STATE}/persons.csv`, 'utf8').trim().split('\n').slice(1);
const codes = [...new Set(lines.map((line) => line.split(',')[0]))].slice(SPARED, SPARED + Number(count));
if (codes.length < Number(count)) throw new Error(`only ${codes.length} officials beyond the first ${SPARED}: start deploy/demo with --officials`);

const isOn = {
  P02: async (person) => (await scimUsers(env, `externalId eq "${person.id}"`))[0]?.active,
  P03: async (person) => {
    const box = (await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${person.id})`))[0];
    return box && !(box.employeeType ?? []).includes('disabled');
  },
  OpenLDAP: async (person) => {
    const entry = (await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, `(uid=${person.login})`))[0];
    return entry && !entry.pwdAccountLockedTime;
  },
};

// Not through senctl: the clock starts with the answer, not with the end of a process.
async function revoke(login) {
  const { access_token: token } = JSON.parse(secret(env.SEN_ADMIN_TOKEN_FILE));
  const answer = await fetch(`${env.SEN_API}/grants/revoke`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ login, reason: 'Đo thời gian thu hồi' }),
  });
  const begin = performance.now();
  if (!answer.ok) throw new Error(`revoking ${login}: ${answer.status} ${await answer.text()}`);
  return begin;
}

const times = { P02: [], P03: [], OpenLDAP: [], 'the last': [] };
for (const code of codes) {
  let login;
  for (const [platform, role] of [['P02', env.P02_ROLE], ['P03', env.P03_ROLE]])
    ({ login } = await senctlJson(env, ['grant', '--employee-code', code, '--platform', platform, '--role', role, '--basis', 'Đo thời gian thu hồi']));
  const person = { login, id: (await senctlJson(env, ['account', login])).id };
  for (const [name, look] of Object.entries(isOn)) await until(`${login} on ${name}`, () => look(person));
  // Without it each revocation would come right after a look of the planner, which looks every 250 ms.
  await sleep(Math.random() * 500);
  const begin = await revoke(login);
  const off = await Promise.all(Object.entries(isOn).map(async ([name, look]) => {
    await until(`${login} off on ${name}`, async () => !(await look(person)), 30000);
    const time = performance.now() - begin;
    times[name].push(time);
    return time;
  }));
  times['the last'].push(Math.max(...off));
}

for (const [name, all] of Object.entries(times)) {
  all.sort((a, b) => a - b);
  const at = (share) => Math.round(all[Math.ceil(all.length * share) - 1]);
  console.log(`${name.padEnd(8)}  n ${all.length}  median ${at(0.5)} ms  p95 ${at(0.95)} ms  max ${at(1)} ms`);
}
