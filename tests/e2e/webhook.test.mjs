// A platform of its own that takes signed requests: the receiver of docs/integrate/webhook.md with the keys that the issuer
// publishes, served by a second provisioner beside the first.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { answers, env, folderFor, freePort, listings, start, until, write } from './lib/integrate.mjs';
import { newPlatform } from './lib/platforms.mjs';
import { adminCtl, administrator, basis, freshEmployee, sql } from './lib/world.mjs';

const folder = folderFor('webhook');
const accounts = () => JSON.parse(readFileSync(`${folder}accounts.json`, 'utf8'));
const of = (id) => Object.values(accounts().accounts).find((account) => account.account_id === id);

async function receiver() {
  const port = await freePort('127.0.0.1'), url = `http://127.0.0.1:${port}/accounts`;
  write(folder, 'accounts.json', JSON.stringify({ accounts: {}, keys: {}, last: 0, missing: {} }));
  const file = write(folder, 'receiver.mjs', listings('webhook.md')['webhook/receiver.mjs']);
  const settings = { LISTEN_HOST: '127.0.0.1', LISTEN_PORT: String(port), URL: url, ACCOUNTS_FILE: `${folder}accounts.json`,
    ROLES: 'CAN_BO,LANH_DAO', JWKS: `${env.SEN_ISSUER}/jwks` };
  await start(process.execPath, [file], { cwd: folder, ready: answers(`http://127.0.0.1:${port}/healthz`), env: settings });
  return url;
}

// The configuration of the stack's own, with another platform in place of its platforms.
async function provisioner(url) {
  const own = folderFor('webhook-provisioner'), port = await freePort('127.0.0.1');
  const config = readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8').replace(/\n\[connector\.[^]*$/, '\n')
    .replace(/^listen = .*$/m, `listen = 127.0.0.1:${port}`).replace('[database]', '[database]\naudit_chain = 909');
  const file = write(own, 'conf', `${config}\n[connector.WEB]\nkind = webhook\nurl = ${url}\n`);
  await start(`${env.SEN_STATE}/bin/sen-provisioner`, ['--config', file], { cwd: own, ready: answers(`http://127.0.0.1:${port}/readyz`) });
}

test('grants and revocations arrive signed by the published key, in numbers without a gap', async () => {
  const { id: platform } = await newPlatform('WEB', { name: 'Cổng' });
  await provisioner(await receiver());
  const admin = await administrator();
  const employees = await Promise.all(Array.from({ length: 5 }, () => freshEmployee()));
  const ids = [];
  for (const code of employees) {
    const answer = await admin.api('POST', '/grants', { employee_code: code, platform: 'WEB', role: 'CAN_BO', basis });
    assert.equal(answer.status, 201, answer.text);
    ids.push([(await sql('SELECT id FROM sen.account WHERE login = $1', answer.json.login))[0][0], answer.json.login]);
  }
  for (const [id] of ids) await until('the account', () => of(id)?.active && of(id).roles.join() === 'CAN_BO');
  const [[first, login]] = ids;
  assert.equal(of(first).login, login);
  assert.equal((await admin.api('POST', '/grants', { login, platform: 'WEB', role: 'LANH_DAO', basis })).status, 201);
  await until('two roles', () => of(first).roles.join() === 'CAN_BO,LANH_DAO');
  assert.equal((await admin.api('POST', '/grants/revoke', { login, reason: 'Thôi việc' })).status, 200);
  await until('off', () => of(first).active === false && of(first).roles.length === 0, 10000);
  await until('settled', async () => (await sql('SELECT count(*) FROM sen.binding WHERE platform_id = $1 AND state <> 0', platform))[0][0] === '0');

  const { last, missing } = accounts();
  assert.deepEqual(missing, {});
  const lines = (await adminCtl('platform', 'replay', 'WEB', '--from', '1')).trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => line.sequence), Array.from({ length: last }, (_, i) => i + 1));
  const ofFirst = lines.filter((line) => line.account_id === first);
  assert.deepEqual(ofFirst.map((line) => line.operation), [...ofFirst.slice(1).map(() => 'superseded'), 'disable']);
  await assert.rejects(adminCtl('platform', 'replay', 'NOSUCH', '--from', '1'));
});
