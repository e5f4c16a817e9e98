// A client goes over to a new secret without a moment in which it cannot sign in: "senctl client secret".

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { SignJWT } from 'jose';

import { basic, post, until } from '../../deploy/driver/world.mjs';
import { now, register } from './lib/clients.mjs';
import { adminCtl, adminCtlJson, env, sql } from './lib/world.mjs';

const folder = process.env.TMPDIR ?? '/tmp';
const token = `${env.SEN_ISSUER}/token`;
const read = (file) => readFileSync(file, 'utf8').trim();
const fileOf = (id, name = 'next') => `${folder}/client-${id}.${name}`;
const secretOf = (...args) => adminCtl('client', 'secret', ...args);
const methods = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];
let clients;

before(async () => {
  clients = Object.fromEntries(await Promise.all(methods.map(async (method) =>
    [method, await register(`cs-${method.replaceAll('_', '-')}`, { token_endpoint_auth_method: method, grant_types: ['authorization_code', 'client_credentials'] })])));
});

// Signs in with a secret, by the client's method; what it is told.
async function trySecret(client, secret) {
  const form = { grant_type: 'client_credentials' };
  if (client.method === 'client_secret_basic') return (await post(token, form, basic(client.id, secret))).json;
  if (client.method === 'client_secret_post') return (await post(token, { ...form, client_id: client.id, client_secret: secret })).json;
  const client_assertion = await new SignJWT({ iss: client.id, sub: client.id, aud: env.SEN_ISSUER, jti: randomUUID(), exp: now() + 60 })
    .setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
  return (await post(token, { ...form, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion })).json;
}
const isGood = async (client, secret) => Boolean((await trySecret(client, secret)).access_token);
const becomes = (client, secret, wanted) => until(`${client.id}: ${wanted}`, async () => (await isGood(client, secret)) === wanted, 10000);

for (const method of methods)
  test(`${method}: both secrets are good until the operator decides`, async () => {
    const client = clients[method], file = fileOf(client.id), old = client.secret();
    await secretOf('rotate', client.id, file);
    const next = read(file);
    assert.equal(statSync(file).mode & 0o077, 0);
    assert.notEqual(next, old);
    await becomes(client, next, true);
    assert.ok(await isGood(client, old));
    assert.ok(!await isGood(client, `${next}x`));
    assert.equal((await adminCtlJson('client', 'show', client.id)).two_secrets, true);
    // Said twice it is done once; a third secret is none; a client's file that names the present secret leaves both.
    assert.match(await secretOf('rotate', client.id, file), /không đổi|unchanged/);
    await assert.rejects(secretOf('rotate', client.id, fileOf(client.id, 'third')));
    await adminCtl('client', 'add', `${folder}/client-${client.id}.json`);
    assert.ok(await isGood(client, next) && await isGood(client, old));

    await secretOf('cancel', client.id);
    await becomes(client, next, false);
    assert.ok(await isGood(client, old));
    await assert.rejects(secretOf('finish', client.id), 'there is none to go over to');

    await secretOf('rotate', client.id, file);
    await becomes(client, next, true);
    await secretOf('finish', client.id);
    await becomes(client, old, false);
    assert.ok(await isGood(client, next));
    assert.equal((await trySecret(client, old)).error, 'invalid_client');
    await assert.rejects(secretOf('cancel', client.id));
    await assert.rejects(secretOf('rotate', client.id, file), 'the secret that it has');
    assert.deepEqual((await sql(`SELECT action FROM sen.audit WHERE object = $1 AND action LIKE 'client.secret%' ORDER BY at`, client.id)).flat(),
      ['client.secret_rotate', 'client.secret_rotate', 'client.secret_cancel', 'client.secret_rotate', 'client.secret_finish']);
    assert.ok(!readFileSync(`${env.SEN_STATE}/log/sen-server.log`, 'utf8').includes(next));
  });

test('several operators at once: one second secret', async () => {
  const client = clients.client_secret_basic;
  const files = Array.from({ length: 6 }, (_, i) => fileOf(client.id, `race-${i}`));
  const results = await Promise.allSettled(files.map((file) => secretOf('rotate', client.id, file)));
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
  const won = results.findIndex((result) => result.status === 'fulfilled');
  await becomes(client, read(files[won]), true);
  for (const [i, file] of files.entries())
    if (i !== won && existsSync(file)) assert.ok(!await isGood(client, read(file)), file);
  await secretOf('cancel', client.id);
});

test('a client\'s file with another secret replaces both at once', async () => {
  const client = clients.client_secret_post, file = fileOf(client.id, 'second');
  await secretOf('rotate', client.id, file);
  await becomes(client, read(file), true);
  const secretFile = `${folder}/client-${client.id}.secret`;
  writeFileSync(secretFile, 'x'.repeat(43), { mode: 0o600 });
  await adminCtl('client', 'add', `${folder}/client-${client.id}.json`);
  await becomes(client, 'x'.repeat(43), true);
  assert.ok(!await isGood(client, read(file)));
  assert.ok(!await isGood(client, read(fileOf(client.id))));
});

test('who has no secret, or is not there, gets none', async () => {
  const native = await register('cs-native', { token_endpoint_auth_method: 'none' });
  await assert.rejects(secretOf('rotate', native.id, fileOf(native.id)));
  await assert.rejects(secretOf('rotate', 'cs-nobody', fileOf('cs-nobody')));
  for (const args of [[], ['rotate'], ['rotate', 'cs-native'], ['finish'], ['finish', 'cs-native', 'x'], ['forget', 'cs-native']])
    await assert.rejects(secretOf(...args), args.join(' '));
});
