// A sign-in that is too old for what is asked (RFC 9470): the challenge, and the way on.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { decodeJwt } from 'jose';

import { senctl } from '../../deploy/driver/world.mjs';
import { restart, serverWith } from './lib/servers.mjs';
import { administrator, authorizeUrl, codeFor, env, introspectAs, official, p02, redeem, sql } from './lib/world.mjs';

const MAX_AGE_S = 3;

before(async () => {
  await serverWith('step-up', (conf) => conf.replace('[oidc]', `[oidc]\nadmin_max_age_s = ${MAX_AGE_S}`));
});

after(() => restart());

test('the administration API challenges an old sign-in; max_age brings a new one', async () => {
  const who = await administrator();
  await who.renew();
  await sleep((MAX_AGE_S + 1) * 1000);
  const { url, proof } = authorizeUrl(env, { id: 'senctl', redirect: 'http://127.0.0.1:9/callback' }, { scope: 'openid admin' });
  const silent = await who.agent.request(url);
  assert.equal(silent.status, 303, 'the session itself is still good');
  await who.renew();
  const refused = await who.api('GET', '/platforms');
  assert.equal(refused.status, 401);
  assert.equal(refused.json.code, 'insufficient_user_authentication');
  assert.match(refused.headers.get('www-authenticate'), /^Bearer error="insufficient_user_authentication", .*max_age=3$/);
  const again = authorizeUrl(env, { id: 'senctl', redirect: 'http://127.0.0.1:9/callback' }, { scope: 'openid admin', max_age: MAX_AGE_S });
  const page = await who.agent.request(again.url);
  assert.equal(page.status, 200);
  assert.equal((await who.agent.signIn(page, who.login, who.password)).status, 303);
  await who.renew();
  assert.equal((await who.api('GET', '/platforms')).status, 200);
  assert.ok(proof);
});

test('senctl says what to do', async () => {
  await assert.rejects(senctl(env, ['platforms']), /senctl login --fresh/);
});

test('acr and auth_time stand in tokens and in introspection', async () => {
  const person = await official(p02);
  const { answer, proof } = await codeFor(person.agent, p02, { acr_values: 'LoA2 LoA1' });
  const { json } = await redeem(p02, answer.get('code'), proof.verifier);
  const [[signedIn]] = await sql('SELECT floor(extract(epoch FROM auth_time))::bigint FROM sen.session WHERE account_id = $1', person.id);
  for (const token of [json.id_token, json.access_token]) {
    assert.equal(decodeJwt(token).acr, 'LoA1');
    assert.equal(decodeJwt(token).auth_time, Number(signedIn));
  }
  assert.deepEqual(decodeJwt(json.id_token).amr, ['pwd']);
  const state = await introspectAs(p02, json.access_token);
  assert.equal(state.acr, 'LoA1');
  assert.equal(state.auth_time, Number(signedIn));
});
