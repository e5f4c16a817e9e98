// Signing keys in a token (SoftHSM): made there, used from there; without it nothing is signed, and the rest goes on.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { until } from '../../deploy/driver/world.mjs';
import { env, introspectAs, official, p02, refresh, run, sql, tokensFor } from './lib/world.mjs';

const dir = mkdtempSync(join(tmpdir(), 'sen-token-'));
const withToken = { ...process.env, SEN_STATE: env.SEN_STATE, SOFTHSM2_CONF: join(dir, 'softhsm.conf'), LC_ALL: 'C.UTF-8' };
const ctl = (...args) => run('./ctl', args, { env: withToken });
const senctl = async (...args) => (await run(env.SENCTL, ['--config', join(dir, 'senctl.conf'), ...args], { env: withToken })).stdout;
const active = async () => JSON.parse(await senctl('--json', 'keys', 'list')).filter((k) => k.state === 'active');
const restart = async (conf) => {
  await ctl('stop', 'sen-server');
  await ctl('start', 'sen-server', conf);
  await until('the server is ready', async () => (await fetch(`${env.SEN_ADMIN_URL}/readyz`)).status === 200);
};

function configure(name) {
  const text = readFileSync(join(env.SEN_STATE, name), 'utf8').replace(/^master_secret_file.*$/m,
    (line) => `${line}\npkcs11_module = /usr/lib/softhsm/libsofthsm2.so\npkcs11_token = sen\npkcs11_pin_file = ${join(dir, 'pin')}`);
  writeFileSync(join(dir, name), text, { mode: 0o600 });
}

before(async () => {
  chmodSync(dir, 0o700);
  mkdirSync(join(dir, 'tokens'));
  writeFileSync(withToken.SOFTHSM2_CONF, `directories.tokendir = ${join(dir, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  writeFileSync(join(dir, 'pin'), '24680135\n', { mode: 0o600 });
  await run('softhsm2-util', ['--init-token', '--free', '--label', 'sen', '--pin', '24680135', '--so-pin', '13572468'], { env: withToken });
  configure('sen-server.conf');
  configure('senctl.conf');
});

after(async () => {
  // Back to keys that every program can open.
  await run(env.SENCTL, ['--config', env.SENCTL_CONFIG, 'keys', 'list']);
  await sql(`UPDATE sen.signing_key SET state = 'retiring', retiring_at = now() WHERE sealed LIKE 'pkcs11:%' AND state = 'active'`);
  await run(env.SENCTL, ['--config', env.SENCTL_CONFIG, 'keys', 'rotate', '--now', '--alg', 'ES256']);
  await restart(join(env.SEN_STATE, 'sen-server.conf'));
  rmSync(dir, { recursive: true });
});

test('keys move into the token by a rotation, and sign from there', async () => {
  const person = await official(p02);
  const early = await tokensFor(person.agent, p02);
  await restart(join(dir, 'sen-server.conf'));
  await senctl('keys', 'rotate', '--now', '--alg', 'ES256');
  const [[stored]] = await sql(`SELECT left(sealed, 7) FROM sen.signing_key WHERE alg = 'ES256' AND state = 'active'`);
  assert.equal(stored, 'pkcs11:');
  const { kid } = (await active()).find((k) => k.alg === 'ES256');
  const jwks = createRemoteJWKSet(new URL(`${env.SEN_ISSUER}/jwks`), { cooldownDuration: 0 });
  let set = early;
  await until('the server signs with it', async () => {
    set = (await refresh(p02, set.refresh_token)).json;
    return (await jwtVerify(set.access_token, jwks)).protectedHeader.kid === kid;
  });
  const answers = await Promise.all(Array.from({ length: 40 }, () => refresh(p02, set.refresh_token)));
  assert.deepEqual([...new Set(answers.map((a) => a.status))], [200]);
  await Promise.all(answers.map(({ json }) => jwtVerify(json.id_token, jwks)));
  await jwtVerify(early.access_token, jwks);
});

test('the token is gone: no token is issued, 503; what needs no signature goes on; and it comes back', async () => {
  const person = await official(p02);
  const set = await tokensFor(person.agent, p02);
  renameSync(join(dir, 'tokens'), join(dir, 'gone'));
  const answer = await refresh(p02, set.refresh_token);
  assert.equal(answer.status, 503, answer.text);
  assert.equal(answer.json?.access_token, undefined);
  assert.equal((await introspectAs(p02, set.access_token)).active, true);
  assert.equal((await fetch(`${env.SEN_ISSUER}/jwks`)).status, 200);
  renameSync(join(dir, 'gone'), join(dir, 'tokens'));
  await until('it signs again', async () => (await refresh(p02, set.refresh_token)).status === 200);
});

test('senctl without the token does not put a key of another kind beside it', async () => {
  await assert.rejects(run(env.SENCTL, ['--config', env.SENCTL_CONFIG, 'keys', 'rotate', '--alg', 'ES256'], { env: withToken }), /pkcs11_module/);
});

test('a wrong PIN refuses the start', async () => {
  writeFileSync(join(dir, 'pin'), '99999999\n', { mode: 0o600 });
  await ctl('stop', 'sen-server');
  await assert.rejects(run(join(env.SEN_STATE, 'bin', 'sen-server'), ['--config', join(dir, 'sen-server.conf')], { env: withToken, timeout: 20000 }),
    (error) => /refuses the PIN/.test(error.stderr) && !error.stderr.includes('99999999'));
  writeFileSync(join(dir, 'pin'), '24680135\n', { mode: 0o600 });
  await ctl('start', 'sen-server', join(dir, 'sen-server.conf'));
  await until('the server is ready', async () => (await fetch(`${env.SEN_ADMIN_URL}/readyz`)).status === 200);
});
