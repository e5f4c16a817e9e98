// What anybody may have stored without being anybody: pushed requests of clients without a secret, and proofs by keys that
// were made a moment ago.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { basic, post, until } from '../../deploy/driver/world.mjs';
import { ath, proof, register, signingKey } from './lib/clients.mjs';
import { restart, serverWith } from './lib/servers.mjs';
import { authorizeUrl, codeFor, env, official, p02, sql } from './lib/world.mjs';

const par = `${env.SEN_ISSUER}/par`, token = `${env.SEN_ISSUER}/token`;
const MAX = 12;
let an, natives, own;

before(async () => {
  await serverWith('pushed', (conf) => conf.replace('[oidc]', `[oidc]\npush_s = 590\npush_pending_max = ${MAX}`));
  an = await official(p02);
  own = await register('pl-own');
  natives = [];
  for (let i = 0; i < 6; i++)
    natives.push(await register(`pl-native-${i}`, { token_endpoint_auth_method: 'none', redirect_uris: [`https://pl-native-${i}.example/cb`], dpop_bound_access_tokens: i === 0 }));
});

after(() => restart());

const push = (client, params = {}, headers = {}) => post(par, authorizeUrl(env, client, params).params, headers);
const forget = () => sql('DELETE FROM sen.pushed_request');
const waiting = async (client) =>
  Number((await sql('SELECT count(*) FROM sen.pushed_request WHERE client_id = $1 AND used_at IS NULL', client.id))[0][0]);

test('50 parallel pushes of a client: about as many as may wait are kept, and no other client notices', async () => {
  const [, one, other] = natives;
  const answers = await Promise.all(Array.from({ length: 50 }, () => push(one)));
  const kept = answers.filter((answer) => answer.status === 201).length;
  assert.ok(kept >= MAX && kept < 50, `${kept}`);
  assert.equal(await waiting(one), kept);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    assert.equal(answer.status, 429);
    assert.equal(answer.json.error, 'temporarily_unavailable');
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
  }
  assert.equal((await push(one)).status, 429);
  assert.equal(await waiting(one), kept);
  assert.equal((await push(other)).status, 201);
  assert.equal((await push(own, {}, basic(own.id, own.secret()))).status, 201);
  // What ran out, or was used, makes room.
  await sql(`UPDATE sen.pushed_request SET expires_at = now() WHERE client_id = $1`, one.id);
  const last = [];
  for (let i = 0; i < MAX; i++) last.push(await push(one));
  assert.ok(last.every((answer) => answer.status === 201));
  assert.equal((await push(one)).status, 429);
  const visit = await an.agent.request(`/authorize?${new URLSearchParams({ client_id: one.id, request_uri: last[0].json.request_uri })}`);
  assert.ok(new URL(visit.location).searchParams.get('code'));
  assert.equal((await push(one)).status, 201);
  assert.equal((await push(one)).status, 429);
  await forget();
});

test('all clients together have a limit as well', async () => {
  const statuses = [];
  for (const client of [...natives.slice(1), own])
    for (let i = 0; i < MAX; i++) statuses.push((await push(client, {}, client === own ? basic(own.id, own.secret()) : {})).status);
  assert.equal(statuses.filter((status) => status === 201).length, 5 * MAX);
  assert.deepEqual([...new Set(statuses.slice(5 * MAX))], [503]);
  await forget();
});

test('what nobody can use any more is swept, what was used stays for its day', async () => {
  const [, client] = natives;
  const first = (await push(client)).json.request_uri;
  await push(client);
  await push(client);
  await an.agent.request(`/authorize?${new URLSearchParams({ client_id: client.id, request_uri: first })}`);
  await sql(`UPDATE sen.pushed_request SET expires_at = now() - interval '1 hour' WHERE client_id = $1`, client.id);
  const fresh = (await push(client)).json.request_uri;
  await until('swept', async () => (await waiting(client)) === 1, 40000);
  assert.deepEqual(await sql('SELECT count(*), count(used_at) FROM sen.pushed_request WHERE client_id = $1', client.id), [['2', '1']]);
  const visit = await an.agent.request(`/authorize?${new URLSearchParams({ client_id: client.id, request_uri: fresh })}`);
  assert.ok(new URL(visit.location).searchParams.get('code'));
});

test('a request that is too large to carry through a sign-in is refused when it is pushed', async () => {
  const [, client] = natives;
  const claims = JSON.stringify({ userinfo: { x: { value: 'y'.repeat(4000) } } });
  assert.equal((await push(client, { claims, state: 's'.repeat(2000), nonce: 'n'.repeat(1000) })).status, 201);
  const answer = await push(client, { claims, state: 's'.repeat(2000), nonce: 'n'.repeat(1000), id_token_hint: 'h'.repeat(4000) });
  assert.equal(answer.status, 413);
  assert.equal(answer.json.error, 'invalid_request');
});

test('a proof by any key is remembered only where something comes of it', async () => {
  const [client] = natives;
  const key = await signingKey('ES256');
  const remembered = async () => Number((await sql('SELECT count(*) FROM sen.used_jti'))[0][0]);
  const before_ = await remembered();
  const form = { client_id: client.id, grant_type: 'authorization_code', redirect_uri: client.redirect, code_verifier: 'v'.repeat(43) };
  for (const more of [{ code: 'snc_x' }, { grant_type: 'refresh_token', refresh_token: 'snr_x' }, { grant_type: 'client_credentials' }])
    for (let i = 0; i < 5; i++)
      assert.ok((await post(token, { ...form, ...more }, { dpop: await proof(key, 'POST', token) })).status >= 400);
  await forget();
  for (let i = 0; i < MAX; i++) assert.equal((await push(client)).status, 201);
  for (let i = 0; i < 5; i++)
    assert.equal((await push(client, {}, { dpop: await proof(key, 'POST', par) })).status, 429);
  // A stranger's key is no better at userinfo: the token is of another.
  const { answer, proof: pkce } = await codeFor(an.agent, client);
  const redeem = async (dpop) => post(token, { ...form, code: answer.get('code'), code_verifier: pkce.verifier }, { dpop });
  assert.equal(await remembered(), before_);
  const good = await proof(key, 'POST', token);
  const { status, json } = await redeem(good);
  assert.equal(status, 200);
  assert.equal(await remembered(), before_ + 1);
  const stranger = await signingKey('ES256'), info = `${env.SEN_ISSUER}/userinfo`;
  const look = async (by) => (await fetch(info, { headers: { authorization: `DPoP ${json.access_token}`, dpop: await proof(by, 'GET', info, { ath: ath(json.access_token) }) } })).status;
  assert.equal(await look(stranger), 401);
  assert.equal(await remembered(), before_ + 1);
  assert.equal(await look(key), 200);
  assert.equal(await remembered(), before_ + 2);
  await forget();
});

test('a proof that a public client used is used up: 50 parallel redemptions with one, each of a code of its own', async () => {
  const [client] = natives;
  const key = await signingKey('ES256'), one = await proof(key, 'POST', token);
  const codes = [];
  for (let i = 0; i < 50; i++) codes.push(await codeFor(an.agent, client));
  const answers = await Promise.all(codes.map(({ answer, proof: pkce }) => post(token, { client_id: client.id, grant_type: 'authorization_code',
    redirect_uri: client.redirect, code: answer.get('code'), code_verifier: pkce.verifier }, { dpop: one })));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  assert.ok(answers.every((answer) => answer.status === 200 || answer.json.error === 'invalid_dpop_proof'), JSON.stringify(answers.map((a) => a.json.error)));
});
