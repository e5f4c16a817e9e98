// Authorization requests in all their forms, and the forms of their answers.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

import { basic, post, until } from '../../deploy/driver/world.mjs';
import { assertion, jwksOf, jwt, now, postAs, random, register, signingKey } from './lib/clients.mjs';
import { Agent, authorizeUrl, codeFor, env, fieldOf, official, p02, redeem, run, sql, tokensFor, userinfo } from './lib/world.mjs';

const jwks = createRemoteJWKSet(new URL(`${env.SEN_ISSUER}/jwks`));
let an, own, outside, old, signer, key;

before(async () => {
  an = await official(p02);
  key = await signingKey('ES256');
  [own, outside, old, signer] = await Promise.all([
    register('rq-own', { sen_resources: ['https://api.example/', 'https://files.example/'], authorization_details_types: ['payment'] }),
    register('rq-outside', { sen_consent: true, policy_uri: 'https://rq-outside.example/policy' }),
    register('rq-old', { response_types: ['code', 'id_token', 'code id_token'] }),
    register('rq-signer', { token_endpoint_auth_method: 'private_key_jwt', jwks: jwksOf(key), require_signed_request_object: true,
      request_object_signing_alg: 'ES256', require_pushed_authorization_requests: true }),
  ]);
});

const authorize = (client, params) => an.agent.request(authorizeUrl(env, client, params).url);
const formOf = (text) => Object.fromEntries(['code', 'id_token', 'state', 'iss', 'error', 'response'].map((name) => [name, fieldOf(text, name)]));

test('response modes: query, fragment, form_post', async () => {
  const inFragment = new URL((await authorize(own, { response_mode: 'fragment' })).location);
  assert.equal(inFragment.search, '');
  assert.ok(new URLSearchParams(inFragment.hash.slice(1)).get('code'));
  const page = await authorize(own, { response_mode: 'form_post', state: 'a"b<c>&' });
  assert.equal(page.status, 200);
  const csp = page.headers.get('content-security-policy');
  assert.match(csp, /script-src 'self'/);
  assert.match(csp, /form-action 'self' https:\/\/rq-own\.example/);
  const form = formOf(page.text);
  assert.equal(form.state, 'a"b<c>&');
  assert.equal(form.iss, env.SEN_ISSUER);
  assert.ok(form.code);
  // An error takes the same way, also that of a request object that cannot be read.
  for (const change of [{ scope: 'profile' }, { request: 'e30.e30.' }]) {
    const error = await authorize(own, { response_mode: 'form_post', ...change });
    assert.equal(error.status, 200);
    assert.ok(formOf(error.text).error);
  }
});

test('wishes that cannot be fulfilled, or are too long to keep, are no reason to refuse', async () => {
  for (const name of ['ui_locales', 'login_hint', 'acr_values'])
    for (const value of ['tlh', 'tiếng Việt', 'x '.repeat(200), 'x'.repeat(3000)])
      assert.ok((await codeFor(an.agent, own, { [name]: value })).answer.get('code'), `${name} of ${value.length}`);
  const { params } = authorizeUrl(env, own, { ui_locales: 'x'.repeat(3000) });
  assert.equal((await post(`${env.SEN_ISSUER}/par`, params, basic(own.id, own.secret()))).status, 201);
  const agent = new Agent(env.SEN_ISSUER);
  for (const path of ['/', '/device', '/requests', '/logout'])
    assert.ok((await agent.request(`${path}?ui_locales=${'x'.repeat(300)}`)).status < 400, path);
});

test('JARM: the answer is a signed JWT for this client, with iss, aud, exp and the parameters', async () => {
  for (const mode of ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt']) {
    const { url, params } = authorizeUrl(env, own, { response_mode: mode });
    const answer = await an.agent.request(url);
    const place = mode === 'form_post.jwt' ? fieldOf(answer.text, 'response')
      : mode === 'fragment.jwt' ? new URLSearchParams(new URL(answer.location).hash.slice(1)).get('response')
        : new URL(answer.location).searchParams.get('response');
    const { payload } = await jwtVerify(place, jwks, { issuer: env.SEN_ISSUER, audience: own.id });
    assert.equal(payload.state, params.state);
    assert.ok(payload.code);
    assert.ok(payload.exp - now() <= 600);
  }
  const answer = await authorize(own, { response_mode: 'jwt', scope: 'profile' });
  assert.equal(decodeJwt(new URL(answer.location).searchParams.get('response')).error, 'invalid_scope');
});

test('id_token and code id_token: only for clients that registered them, never in a query', async () => {
  const alone = { response_type: 'id_token', scope: 'openid email', code_challenge: undefined, code_challenge_method: undefined };
  const page = await authorize(old, { ...alone, response_mode: 'form_post' });
  const { id_token: idToken, code } = formOf(page.text);
  assert.equal(code, undefined);
  const { payload } = await jwtVerify(idToken, jwks, { issuer: env.SEN_ISSUER, audience: old.id });
  assert.ok(payload.nonce && payload.sub && payload.email);
  assert.equal(payload.at_hash, undefined);
  const request = authorizeUrl(env, old, { response_type: 'code id_token' });
  const hybrid = new URLSearchParams(new URL((await an.agent.request(request.url)).location).hash.slice(1));
  assert.ok(decodeJwt(hybrid.get('id_token')).c_hash);
  assert.equal((await redeem(old, hybrid.get('code'), request.proof.verifier)).status, 200);
  const refused = await authorize(own, { response_type: 'id_token' });
  // Where its answer would have been (OAuth 2.0 Multiple Response Types §5).
  assert.equal(new URLSearchParams(new URL(refused.location).hash.slice(1)).get('error'), 'unsupported_response_type');
  // The default of id_token is the fragment, which tokens do not leave by: form_post must be asked for.
  for (const mode of [undefined, 'fragment', 'query', 'jwt', 'fragment.jwt']) {
    const { location } = await authorize(old, { ...alone, response_mode: mode });
    const params = new URLSearchParams(new URL(location).hash.slice(1));
    assert.equal((params.get('response') ? decodeJwt(params.get('response')) : Object.fromEntries(params)).error, 'invalid_request', mode);
    assert.equal(new URL(location).search, '');
  }
  const query = await authorize(old, { response_type: 'code id_token', response_mode: 'query' });
  assert.equal(new URLSearchParams(new URL(query.location).hash.slice(1)).get('error'), 'invalid_request');
});

test('pushed requests: bound to the client, also twice visited, used once', async (t) => {
  const push = async (client, params) => {
    const { params: all, proof } = authorizeUrl(env, client, params);
    const { client_id: id, ...form } = all;
    return { ...await postAs(client, '/par', form), proof };
  };
  const visit = (client, uri, more = {}) => an.agent.request(`/authorize?${new URLSearchParams({ client_id: client.id, request_uri: uri, ...more })}`);

  await t.test('a pushed request leads to tokens; parameters beside it are ignored', async () => {
    const { status, json, proof } = await push(own, { scope: 'openid' });
    assert.equal(status, 201);
    assert.ok(json.expires_in > 0 && json.expires_in < 600);
    const answer = new URL((await visit(own, json.request_uri, { scope: 'openid profile', redirect_uri: 'https://evil.example/' })).location);
    assert.equal(answer.origin, 'https://rq-own.example');
    const tokens = (await redeem(own, answer.searchParams.get('code'), proof.verifier)).json;
    assert.equal(tokens.scope, 'openid');
    const again = await visit(own, json.request_uri);
    assert.equal(again.status, 400);
    assert.equal(again.location, null);
  });
  await t.test('a visit that ends at the sign-in page does not use it up', async () => {
    const { json } = await push(own, { prompt: 'login' });
    for (let i = 0; i < 2; i++) assert.ok(fieldOf((await visit(own, json.request_uri)).text, 'flow'));
    const page = await visit(own, json.request_uri);
    const answer = await an.agent.signIn(page, an.login, an.password);
    assert.equal(answer.status, 303);
    assert.ok(new URL(answer.location).searchParams.get('code'));
  });
  await t.test('50 parallel visits give one code', async () => {
    const { json } = await push(own);
    const answers = await Promise.all(Array.from({ length: 50 }, () => visit(own, json.request_uri)));
    assert.equal(answers.filter((answer) => answer.location && new URL(answer.location).searchParams.get('code')).length, 1);
  });
  await t.test('refused: another client, a request object beside it, a made-up one, an expired one, nested, wrong method, no authentication', async () => {
    const { json } = await push(own);
    assert.equal((await visit(outside, json.request_uri)).location, null);
    assert.equal((await visit(own, json.request_uri, { request: 'x' })).location, null);
    assert.equal((await visit(own, 'urn:ietf:params:oauth:request_uri:AAAA')).location, null);
    await sql('UPDATE sen.pushed_request SET expires_at = now() - interval \'1 s\' WHERE used_at IS NULL');
    assert.equal((await visit(own, json.request_uri)).status, 400);
    assert.equal((await postAs(own, '/par', { request_uri: json.request_uri })).json.error, 'invalid_request');
    assert.equal((await fetch(`${env.SEN_ISSUER}/par`)).status, 405);
    assert.equal((await post(`${env.SEN_ISSUER}/par`, { client_id: own.id })).status, 401);
    assert.equal((await postAs(own, '/par', { response_type: 'code', redirect_uri: 'https://evil.example/', scope: 'openid' })).status, 400);
    assert.equal((await push(own, { code_challenge_method: 'plain' })).json.error, 'invalid_request');
  });
});

test('signed request objects: only what is inside counts, and every rule has a refusal', async (t) => {
  const inside = (change = {}) => {
    const { params, proof } = authorizeUrl(env, signer);
    return { proof, claims: { ...params, iss: signer.id, aud: env.SEN_ISSUER, iat: now(), nbf: now(), exp: now() + 300, ...change } };
  };
  const push = async (claims, header = { typ: 'oauth-authz-req+jwt' }, by = key, outer = {}) =>
    post(`${env.SEN_ISSUER}/par`, { ...await assertion(signer, key), request: await jwt(by, claims, header), ...outer });

  await t.test('good', async () => {
    const { claims, proof } = inside();
    const { status, json } = await push(claims, undefined, key, { scope: 'openid offline_access', state: 'outer' });
    assert.equal(status, 201);
    const answer = new URL((await an.agent.request(`/authorize?${new URLSearchParams({ client_id: signer.id, request_uri: json.request_uri })}`)).location);
    assert.equal(answer.searchParams.get('state'), claims.state);
    const tokens = await post(`${env.SEN_ISSUER}/token`, { ...await assertion(signer, key), grant_type: 'authorization_code',
      code: answer.searchParams.get('code'), redirect_uri: signer.redirect, code_verifier: proof.verifier });
    assert.equal(tokens.status, 200);
  });
  await t.test('with wishes that are too long to keep', async () => {
    for (const name of ['ui_locales', 'login_hint', 'acr_values'])
      assert.equal((await push(inside({ [name]: 'x '.repeat(200) }).claims)).status, 201, name);
  });
  await t.test('a type in another spelling', async () => {
    for (const typ of ['OAuth-AuThZ-REQ+jWT', 'application/oauth-authz-req+jwt', 'JWT'])
      assert.equal((await push(inside().claims, { typ })).status, 201);
  });
  const other = await signingKey('ES256');
  const wrongAlg = await signingKey('PS256');
  const rows = [
    ['expired', inside({ exp: now() - 60 }).claims],
    ['nbf ahead', inside({ nbf: now() + 120 }).claims],
    ['for another audience', inside({ aud: 'https://other.example' }).claims],
    ['of another issuer', inside({ iss: 'rq-own' }).claims],
    ['with another client_id', inside({ client_id: 'rq-own' }).claims],
    ['with a request inside', inside({ request: 'x' }).claims],
    ['with a request_uri inside', inside({ request_uri: 'https://x.example/' }).claims],
    ['with a time that is none', inside({ exp: '1e300' }).claims],
    ['with a parameter that is too long', inside({ nonce: 'n'.repeat(2000) }).claims],
    ['signed by another key', inside().claims, { kid: key.jwk.kid }, other],
    ['signed with an algorithm that is not registered', inside().claims, { kid: key.jwk.kid }, wrongAlg],
    ['of the type of an access token', inside().claims, { typ: 'at+jwt' }],
  ];
  for (const [name, claims, header, by] of rows)
    await t.test(name, async () => assert.equal((await push(claims, header, by)).json.error, 'invalid_request_object'));
  await t.test('unsigned, or none at all', async () => {
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(inside().claims)).toString('base64url')}.`;
    assert.equal((await post(`${env.SEN_ISSUER}/par`, { ...await assertion(signer, key), request: none })).json.error, 'invalid_request_object');
    const { params } = authorizeUrl(env, signer);
    const { client_id: id, ...form } = params;
    assert.equal((await post(`${env.SEN_ISSUER}/par`, { ...await assertion(signer, key), ...form })).json.error, 'invalid_request');
  });
  await t.test('not pushed', async () => {
    const request = await jwt(key, inside().claims, { typ: 'oauth-authz-req+jwt' });
    const answer = await an.agent.request(`/authorize?${new URLSearchParams({ client_id: signer.id, redirect_uri: signer.redirect, response_type: 'code', scope: 'openid', request })}`);
    assert.equal(new URL(answer.location).searchParams.get('error'), 'invalid_request');
  });
});

test('request objects by reference: only from a registered address, without redirects', async (t) => {
  let answer;
  const server = createServer((_, response) => answer(response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const uri = `http://127.0.0.1:${server.address().port}/request`;
  const client = await register('rq-reference', { jwks: jwksOf(key), request_uris: [`${uri}#first`] });
  const { params, proof } = authorizeUrl(env, client);
  const object = await jwt(key, { ...params, iss: client.id, aud: env.SEN_ISSUER });
  const ask = (requestUri) => authorize(client, { request_uri: requestUri, scope: 'openid offline_access' });
  const errorOf = async (requestUri) => new URL((await ask(requestUri)).location).searchParams.get('error');

  await t.test('good, also with another fragment', async () => {
    answer = (response) => response.end(object);
    const { location } = await ask(`${uri}#second`);
    const tokens = await redeem(client, new URL(location).searchParams.get('code'), proof.verifier);
    assert.equal(tokens.json.scope, params.scope);
  });
  for (const other of [`${uri}2`, 'http://169.254.169.254/latest/meta-data', 'https://localhost/request', 'file:///etc/passwd'])
    await t.test(`not from ${other.replace(/:\d+/, '')}`, async () => assert.equal(await errorOf(other), 'invalid_request_uri'));
  const bad = {
    'a redirect': (response) => { response.writeHead(302, { location: uri }); response.end(); },
    'an error': (response) => { response.statusCode = 404; response.end(object); },
    'too much': (response) => response.end('x'.repeat(100000)),
  };
  for (const [name, how] of Object.entries(bad))
    await t.test(name, async () => {
      answer = how;
      assert.equal(await errorOf(uri), 'invalid_request_uri');
    });
  await t.test('something else', async () => {
    answer = (response) => response.end('<html>');
    assert.equal(await errorOf(uri), 'invalid_request_object');
  });
});

test('the claims parameter: single claims in ID token and userinfo, acr as a demand', async () => {
  const claims = JSON.stringify({ id_token: { email: null, acr: { essential: true, values: ['LoA1'] } }, userinfo: { name: { essential: true }, unit_code: null } });
  const tokens = await tokensFor(an.agent, own, { scope: 'openid', claims });
  const id = decodeJwt(tokens.id_token);
  assert.match(id.email, /@nghean\.example$/);
  assert.equal(id.acr, 'LoA1');
  assert.equal(id.name, undefined);
  const info = await (await userinfo(tokens.access_token)).json();
  assert.deepEqual(Object.keys(info).sort(), ['name', 'sub', 'unit_code']);
  const unmet = await authorize(own, { claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'LoA3' } } }) });
  assert.equal(new URL(unmet.location).searchParams.get('error'), 'unmet_authentication_requirements');
});

test('resource indicators: one audience a token, only what is registered and granted', async () => {
  const { answer, proof } = await codeFor(an.agent, own, { resource: 'https://api.example/' });
  const { json } = await redeem(own, answer.get('code'), proof.verifier);
  assert.equal(decodeJwt(json.access_token).aud, 'https://api.example/');
  assert.equal((await userinfo(json.access_token)).status, 401, 'userinfo takes a token that is meant for another');
  const other = await postAs(own, '/token', { grant_type: 'refresh_token', refresh_token: json.refresh_token, resource: 'https://files.example/' });
  assert.equal(other.json.error, 'invalid_target');
  const foreign = await authorize(own, { resource: 'https://evil.example/' });
  assert.equal(new URL(foreign.location).searchParams.get('error'), 'invalid_target');
});

test('authorization details are shown, given to the token, and only narrowed', async () => {
  const details = [{ type: 'payment', actions: ['initiate'], amount: '5' }, { type: 'payment', actions: ['status'] }];
  const { url, proof } = authorizeUrl(env, own, { authorization_details: JSON.stringify(details) });
  const page = await an.agent.request(url);
  assert.match(page.text, /initiate/);
  const answer = await an.agent.request('/consent', { form: { flow: fieldOf(page.text, 'flow'), csrf: fieldOf(page.text, 'csrf'), decision: 'allow' } });
  const { json } = await redeem(own, new URL(answer.location).searchParams.get('code'), proof.verifier,
    { authorization_details: JSON.stringify([details[1]]) });
  assert.deepEqual(json.authorization_details, [details[1]]);
  assert.deepEqual(decodeJwt(json.access_token).authorization_details, [details[1]]);
  const unknown = await authorize(own, { authorization_details: '[{"type":"other"}]' });
  assert.equal(new URL(unknown.location).searchParams.get('error'), 'invalid_authorization_details');
});

test('a type that is described: named in the metadata, and held against its description wherever it is asked for', async () => {
  const senctl = async (...args) => (await run(env.SENCTL, ['--config', env.SENCTL_CONFIG, ...args])).stdout, type = 'urn:x:dossier';
  const file = `${env.SEN_STATE}/tmp/dossier.json`, client = await register('rq-described', { authorization_details_types: [type, 'free'] });
  const description = { type, fields: { actions: { kind: 'list', required: true, of: { kind: 'text', values: ['read', 'sign'] } }, pages: { kind: 'integer', min: 1, max: 9 } } };
  const offered = async () => (await (await fetch(`${env.SEN_ISSUER}/.well-known/oauth-authorization-server`)).json()).authorization_details_types_supported;
  writeFileSync(file, JSON.stringify(description));
  await senctl('bootstrap', 'details', 'add', file);
  try {
    assert.deepEqual(JSON.parse(await senctl('--json', 'bootstrap', 'details', 'list')), [description]);
    await until('the metadata name it', async () => (await offered())?.includes(type));
    const asked = async (detail) => {
      const { params } = authorizeUrl(env, client, { authorization_details: JSON.stringify([detail]) });
      return [await post(`${env.SEN_ISSUER}/par`, params, basic(client.id, client.secret())), await authorize(client, { authorization_details: JSON.stringify([detail]) })];
    };
    for (const good of [{ type, actions: ['read'] }, { type, actions: ['sign', 'read'], pages: 9 }, { type: 'free', anything: 1 }]) {
      const [pushed, shown] = await asked(good);
      assert.equal(pushed.status, 201, JSON.stringify(good));
      assert.equal(shown.status, 200, JSON.stringify(good));
    }
    for (const bad of [{ type }, { type, actions: ['delete'] }, { type, actions: ['read'], pages: 10 }, { type, actions: ['read'], page: 1 }]) {
      const [pushed, refused] = await asked(bad);
      assert.deepEqual([pushed.status, pushed.json.error], [400, 'invalid_authorization_details'], JSON.stringify(bad));
      assert.equal(new URL(refused.location).searchParams.get('error'), 'invalid_authorization_details', JSON.stringify(bad));
    }
    writeFileSync(file, JSON.stringify({ type, fields: { actions: { kind: 'lsit' } } }));
    await assert.rejects(senctl('bootstrap', 'details', 'add', file), /actions/);
  } finally {
    await senctl('bootstrap', 'details', 'remove', type);
  }
  await until('nothing is described', async () => await offered() === undefined);
  await assert.rejects(senctl('bootstrap', 'details', 'remove', type));
});

test('consent: asked once by a client from outside, remembered, asked anew for more, refused, taken back', async () => {
  const first = authorizeUrl(env, outside, { scope: 'openid profile' });
  const page = await an.agent.request(first.url);
  assert.equal(page.status, 200);
  assert.match(page.text, /Ứng dụng rq-outside/);
  assert.match(page.text, /rq-outside\.example\/policy/);
  const form = { flow: fieldOf(page.text, 'flow'), csrf: fieldOf(page.text, 'csrf') };
  const denied = await an.agent.request('/consent', { form: { ...form, decision: 'deny' } });
  assert.equal(new URL(denied.location).searchParams.get('error'), 'access_denied');
  assert.equal((await an.agent.request('/consent', { form: { ...form, csrf: 'x', decision: 'allow' } })).status, 403);
  const allowed = await an.agent.request('/consent', { form: { ...form, decision: 'allow' } });
  const { json } = await redeem(outside, new URL(allowed.location).searchParams.get('code'), first.proof.verifier);
  assert.ok(json.access_token);
  assert.equal((await authorize(outside, { scope: 'openid profile' })).status, 303, 'asked again');
  assert.equal((await authorize(outside, { scope: 'openid profile unit' })).status, 200, 'more is not asked for');
  const none = await authorize(outside, { scope: 'openid unit', prompt: 'none' });
  assert.equal(new URL(none.location).searchParams.get('error'), 'consent_required');
  const list = await an.agent.request('/consents');
  assert.match(list.text, /Ứng dụng rq-outside/);
  await an.agent.request('/consents/take-back', { form: { csrf: fieldOf(list.text, 'csrf'), client_id: outside.id } });
  assert.equal((await userinfo(json.access_token)).status, 401, 'tokens outlive the consent');
  assert.equal((await authorize(outside, { scope: 'openid profile' })).status, 200);
});

test('consent right after a sign-in: its form belongs to the session that has just begun', async () => {
  const person = await official(p02);
  const agent = new Agent(env.SEN_ISSUER);
  const page = await agent.request(authorizeUrl(env, outside, { scope: 'openid' }).url);
  const asked = await agent.signIn(page, person.login, person.password);
  const form = { flow: fieldOf(asked.text, 'flow'), csrf: fieldOf(asked.text, 'csrf'), decision: 'allow' };
  const answer = await agent.request('/consent', { form });
  assert.equal(answer.status, 303);
  assert.ok(new URL(answer.location).searchParams.get('code'));
});

test('offline_access outlives the session, other refresh tokens do not; both end with the account', async () => {
  const person = await official(p02);
  const offline = await tokensFor(person.agent, own, { scope: 'openid offline_access' });
  const bound = await tokensFor(person.agent, own, { scope: 'openid' });
  const home = await person.agent.request('/');
  await person.agent.request('/logout', { form: { csrf: fieldOf(home.text, 'csrf') } });
  const refreshOf = (token) => post(`${env.SEN_ISSUER}/token`, { grant_type: 'refresh_token', refresh_token: token }, basic(own.id, own.secret()));
  assert.equal((await refreshOf(bound.refresh_token)).json.error, 'invalid_grant');
  const next = await refreshOf(offline.refresh_token);
  assert.equal(next.status, 200);
  await sql('UPDATE sen.token_family SET rotated_at = now() - idle_s * interval \'1 s\' WHERE account_id = $1 AND offline', person.id);
  assert.equal((await refreshOf(next.json.refresh_token)).json.error, 'invalid_grant', 'an unused one lives for ever');
});

test('a request that is too large to carry is refused, not cut', async () => {
  const { params } = authorizeUrl(env, own, { claims: JSON.stringify({ userinfo: { x: { value: 'y'.repeat(3900) } } }), state: random().repeat(120),
    authorization_details: JSON.stringify([{ type: 'payment', note: 'z'.repeat(7900) }]) });
  const answer = await an.agent.request('/authorize', { form: params });
  assert.ok([400, 413, 303].includes(answer.status));
  assert.equal(answer.location ? new URL(answer.location).searchParams.get('code') : null, null);
});
