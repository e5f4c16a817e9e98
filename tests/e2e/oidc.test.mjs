// The protocol as strict clients see it: oauth4webapi and jose validate, hand-made requests attack.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';

import { basic, post, until } from '../../deploy/driver/world.mjs';
import {
  Agent, authorizeUrl, codeFor, env, introspectAs, official, p02, p03, redeem, refresh, sql, tokensFor, userinfo,
} from './lib/world.mjs';

let an; // an official with roles on both platforms, signed in

before(async () => { an = await official(p02, p03); });

test('discovery and JWKS are what RFC 8414 and a strict client want', async () => {
  const issuer = new URL(env.SEN_ISSUER);
  for (const algorithm of ['oidc', 'oauth2']) {
    const answer = await oauth.discoveryRequest(issuer, { algorithm, [oauth.allowInsecureRequests]: true });
    const server = await oauth.processDiscoveryResponse(issuer, answer);
    assert.equal(server.issuer, env.SEN_ISSUER);
    assert.deepEqual(server.code_challenge_methods_supported, ['S256']);
    assert.equal(server.authorization_response_iss_parameter_supported, true);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  }
  const { keys } = await (await fetch(`${env.SEN_ISSUER}/jwks`)).json();
  assert.ok(keys.length >= 1);
  for (const key of keys) {
    assert.ok(['EC', 'RSA', 'OKP'].includes(key.kty));
    assert.equal(key.use, 'sig');
    assert.equal(key.d, undefined, 'a private key in the JWKS');
  }
});

test('code flow with oauth4webapi: PKCE, state, nonce, iss, ID token, access token, userinfo', async () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(env.SEN_ISSUER);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const client = { client_id: 'p02' };
  const request = authorizeUrl(env, p02);
  const { location } = await an.agent.request(request.url);
  const params = oauth.validateAuthResponse(server, client, new URL(location), request.params.state);
  const tokenAnswer = await oauth.authorizationCodeGrantRequest(server, client, oauth.ClientSecretBasic(p02.secret()), params,
    p02.redirect, request.proof.verifier, insecure);
  const result = await oauth.processAuthorizationCodeResponse(server, client, tokenAnswer,
    { expectedNonce: request.params.nonce, requireIdToken: true });
  const claims = oauth.getValidatedIdTokenClaims(result);
  const jwks = createRemoteJWKSet(new URL(server.jwks_uri));

  assert.equal(decodeProtectedHeader(result.id_token).alg, 'ES256');
  await jwtVerify(result.id_token, jwks, { issuer: env.SEN_ISSUER, audience: 'p02', typ: 'JWT' });
  const access = await jwtVerify(result.access_token, jwks, { issuer: env.SEN_ISSUER, typ: 'at+jwt' });
  assert.equal(access.payload.client_id, 'p02');
  assert.ok(access.payload.jti);
  assert.equal(claims.sub, an.id);
  assert.equal(claims.preferred_username, an.login);
  assert.ok(claims.name && claims.given_name && claims.unit_code && claims.unit_name && claims.sid && claims.auth_time);
  assert.equal(claims.posts.filter((post) => post.kind === 'main').length, 1);
  assert.deepEqual(claims.roles, [p02.role], 'roles of that platform only');

  const info = await oauth.processUserInfoResponse(server, client, claims.sub,
    await oauth.userInfoRequest(server, client, result.access_token, insecure));
  assert.deepEqual(info.roles, [p02.role]);
  const all = JSON.stringify([claims, access.payload, info]);
  assert.doesNotMatch(all, /(?<!-)\b\d{12}\b/, 'the personal number leaks');
});

test('claims follow the scopes', async () => {
  const tokens = await tokensFor(an.agent, p02, { scope: 'openid' });
  const info = await (await userinfo(tokens.access_token)).json();
  assert.deepEqual(Object.keys(info), ['sub']);
});

test('a code works once: 50 parallel redemptions give one success, and reuse revokes what it gave', async () => {
  const { answer, proof } = await codeFor(an.agent, p02);
  const results = await Promise.all(Array.from({ length: 50 }, () => redeem(p02, answer.get('code'), proof.verifier)));
  const good = results.filter((r) => r.status === 200);
  assert.equal(good.length, 1);
  for (const r of results) if (r.status !== 200) assert.equal(r.json.error, 'invalid_grant', r.text);
  assert.deepEqual(await introspectAs(p02, good[0].json.access_token), { active: false });
  assert.equal((await refresh(p02, good[0].json.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await userinfo(good[0].json.access_token)).status, 401);
});

test('the verifier of RFC 7636 appendix B opens its challenge', async () => {
  const { answer } = await codeFor(an.agent, p02, { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' });
  assert.equal((await redeem(p02, answer.get('code'), 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).status, 200);
});

test('a code is bound to client, redirect_uri and verifier, and expires', async (t) => {
  const cases = {
    'another client': async ({ answer, proof }) => redeem({ ...p03, redirect: p02.redirect }, answer.get('code'), proof.verifier),
    'another redirect_uri': async ({ answer, proof }) => redeem({ ...p02, redirect: `${p02.redirect}/` }, answer.get('code'), proof.verifier),
    'no redirect_uri': async ({ answer, proof }) => post(`${env.SEN_ISSUER}/token`,
      { grant_type: 'authorization_code', code: answer.get('code'), code_verifier: proof.verifier }, basic('p02', p02.secret())),
    'wrong verifier': async ({ answer }) => redeem(p02, answer.get('code'), 'x'.repeat(43)),
    'no verifier': async ({ answer }) => post(`${env.SEN_ISSUER}/token`,
      { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: p02.redirect }, basic('p02', p02.secret())),
    'changed code': async ({ answer, proof }) => redeem(p02, answer.get('code').replace(/(.{20})(.)/, (_, head, c) => head + (c === 'A' ? 'B' : 'A')), proof.verifier),
  };
  for (const [what, attempt] of Object.entries(cases)) {
    await t.test(what, async () => {
      const flow = await codeFor(an.agent, p02);
      const { status, json } = await attempt(flow);
      assert.equal(status, 400);
      assert.match(json.error, /^invalid_(grant|request)$/);
    });
  }
  await t.test('expired', async () => {
    const { answer, proof } = await codeFor(an.agent, p02);
    await sql(`UPDATE sen.auth_code SET expires_at = now() - interval '1 s' WHERE account_id = $1 AND used_at IS NULL`, an.id);
    assert.equal((await redeem(p02, answer.get('code'), proof.verifier)).json.error, 'invalid_grant');
  });
});

test('refresh rotates; the loser of a race gets the same successor; reuse later kills the family', async () => {
  const first = await tokensFor(an.agent, p02);
  const race = await Promise.all(Array.from({ length: 50 }, () => refresh(p02, first.refresh_token)));
  assert.ok(race.every((r) => r.status === 200), 'within the grace time nobody is thrown out');
  assert.equal(new Set(race.map((r) => r.json.refresh_token)).size, 1, 'one successor');
  const second = race[0].json;
  assert.notEqual(second.refresh_token, first.refresh_token);
  const third = (await refresh(p02, second.refresh_token)).json;
  assert.equal((await introspectAs(p02, third.access_token)).active, true);
  // Two generations back: no grace covers that.
  assert.equal((await refresh(p02, first.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await refresh(p02, third.refresh_token)).json.error, 'invalid_grant', 'the family lives on after reuse');
  assert.deepEqual(await introspectAs(p02, third.access_token), { active: false });
});

test('after the grace time a used refresh token is reuse', async () => {
  const first = await tokensFor(an.agent, p02);
  const second = (await refresh(p02, first.refresh_token)).json;
  await sql(`UPDATE sen.token_family SET rotated_at = now() - interval '21 s' WHERE account_id = $1 AND revoked_at IS NULL`, an.id);
  assert.equal((await refresh(p02, first.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await refresh(p02, second.refresh_token)).json.error, 'invalid_grant');
});

test('refresh: scope may shrink, never grow; the token is the client\'s own', async () => {
  const tokens = await tokensFor(an.agent, p02, { scope: 'openid profile' });
  assert.equal((await refresh(p02, tokens.refresh_token, { scope: 'openid roles' })).json.error, 'invalid_scope');
  const again = await tokensFor(an.agent, p02);
  assert.equal((await refresh(p03, again.refresh_token)).json.error, 'invalid_grant');
  const narrowed = await refresh(p02, again.refresh_token, { scope: 'openid' });
  assert.equal(narrowed.json.scope, 'openid');
});

test('introspection answers only those entitled; inactive says nothing else', async () => {
  const tokens = await tokensFor(an.agent, p02);
  const active = await introspectAs(p02, tokens.access_token);
  assert.equal(active.active, true);
  assert.equal(active.username, an.login);
  assert.equal(active.client_id, 'p02');
  assert.deepEqual(await introspectAs(p03, tokens.access_token), { active: false });
  assert.equal((await introspectAs(p02, tokens.refresh_token)).active, true);
  assert.deepEqual(await introspectAs(p02, tokens.id_token), { active: false });
  assert.deepEqual(await introspectAs(p02, 'nonsense'), { active: false });
  const anonymous = await post(`${env.SEN_ISSUER}/introspect`, { token: tokens.access_token });
  assert.equal(anonymous.status, 401);
  assert.equal(anonymous.json.error, 'invalid_client');
});

test('revocation: the family dies; unknown tokens are 200, those of another client refused and untouched', async () => {
  for (const kind of ['access_token', 'refresh_token']) {
    const tokens = await tokensFor(an.agent, p02);
    assert.equal((await post(`${env.SEN_ISSUER}/revoke`, { token: tokens[kind] }, basic('p03', p03.secret()))).json.error, 'invalid_grant');
    assert.equal((await introspectAs(p02, tokens.access_token)).active, true, 'another client revoked it');
    assert.equal((await post(`${env.SEN_ISSUER}/revoke`, { token: tokens[kind], token_type_hint: 'bogus' }, basic('p02', p02.secret()))).status, 200);
    assert.deepEqual(await introspectAs(p02, tokens.access_token), { active: false });
    assert.equal((await refresh(p02, tokens.refresh_token)).json.error, 'invalid_grant');
  }
  assert.equal((await post(`${env.SEN_ISSUER}/revoke`, { token: 'x' }, basic('p02', p02.secret()))).status, 200);
});

test('userinfo: GET, POST by header and by body; never in the query; 401 says why', async () => {
  const { access_token: token } = await tokensFor(an.agent, p02);
  const url = `${env.SEN_ISSUER}/userinfo`;
  const header = { authorization: `Bearer ${token}` };
  assert.equal((await fetch(url, { headers: header })).status, 200);
  assert.equal((await fetch(url, { method: 'POST', headers: header })).status, 200);
  assert.equal((await post(url, { access_token: token })).status, 200);
  assert.equal((await post(url, { access_token: token }, header)).status, 400);
  const inQuery = await fetch(`${url}?access_token=${token}`);
  assert.ok([400, 401].includes(inQuery.status));
  const bad = await fetch(url, { headers: { authorization: 'Bearer x' } });
  assert.equal(bad.status, 401);
  assert.match(bad.headers.get('www-authenticate'), /error="invalid_token"/);
  assert.doesNotMatch((await fetch(url)).headers.get('www-authenticate'), /error=/, 'RFC 6750 §3.1: no code without a token');
});

test('client authentication: the registered method, one at a time, equal answers', async () => {
  const url = `${env.SEN_ISSUER}/token`;
  const form = { grant_type: 'refresh_token', refresh_token: 'x' };
  const wrong = await post(url, form, basic('p02', 'wrong'));
  const unknown = await post(url, form, basic('nobody', 'wrong'));
  assert.equal(wrong.status, 401);
  assert.match(wrong.headers.get('www-authenticate'), /^Basic/);
  assert.deepEqual(wrong.json, unknown.json, 'tells which clients exist');
  assert.equal((await post(url, { ...form, client_id: 'p02', client_secret: p02.secret() })).status, 401, 'post instead of basic');
  assert.equal((await post(url, { ...form, client_id: 'p02' })).status, 401);
  assert.equal((await post(url, { ...form, client_secret: 'x' }, basic('p02', p02.secret()))).json.error, 'invalid_request');
  assert.equal((await post(url, { ...form, client_id: 'p03' }, basic('p02', p02.secret()))).json.error, 'invalid_request');
  assert.equal((await post(url, form)).json.error, 'invalid_client');
  assert.equal((await post(url, { grant_type: 'password', username: 'a', password: 'b' }, basic('p02', p02.secret()))).json.error, 'unsupported_grant_type');
});

test('errors of an authorization request go to the redirect_uri, with state and iss', async (t) => {
  const rows = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: undefined }, 'invalid_request'],
    [{ scope: 'profile' }, 'invalid_scope'],
    [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ request: 'e30.e30.' }, 'invalid_request_object'],
    [{ request_uri: 'https://x.example/' }, 'invalid_request_uri'],
    [{ response_mode: 'web_message' }, 'invalid_request'],
    [{ id_token_hint: 'bogus' }, 'invalid_request'],
  ];
  for (const [change, error] of rows) {
    await t.test(`${JSON.stringify(change)}: ${error}`, async () => {
      const request = authorizeUrl(env, p02, change);
      const { status, location } = await an.agent.request(request.url);
      assert.equal(status, 303);
      assert.ok(location.startsWith(p02.redirect));
      // That of a response type with a token goes where the answer would have gone.
      const answer = change.response_type === 'token' ? new URLSearchParams(new URL(location).hash.slice(1)) : new URL(location).searchParams;
      assert.equal(answer.get('error'), error);
      assert.equal(answer.get('state'), request.params.state);
      assert.equal(answer.get('iss'), env.SEN_ISSUER);
      assert.equal(answer.get('code'), null);
    });
  }
});

test('an error that leaves by redirect is in the log all the same', async () => {
  await an.agent.request(authorizeUrl(env, p02, { code_challenge_method: 'plain' }).url);
  await until('the log line', () => readFileSync(`${env.SEN_STATE}/log/sen-server.log`, 'utf8').split('\n')
    .some((line) => line.includes('"route":"authorize"') && line.includes('"status":303') && line.includes('"error":"invalid_request"')));
});

test('what is the same for everybody stands in the log only when it went wrong', async () => {
  const lines = () => readFileSync(`${env.SEN_STATE}/log/sen-server.log`, 'utf8').split('\n').filter((line) => line.includes('"event":"request"'));
  const before = lines().length;
  for (const path of ['/jwks', '/.well-known/openid-configuration', '/static/nothing.css', '/userinfo'])
    await an.agent.request(`${env.SEN_ISSUER}${path}`);
  await until('the log lines', () => ['static', 'userinfo'].every((route) => lines().slice(before).some((line) => line.includes(`"route":"${route}"`))));
  assert.equal(lines().filter((line) => /"route":"(jwks|discovery)".*"status":[23]/.test(line)).length, 0);
});

test('prompt, max_age and id_token_hint', async () => {
  const stranger = new Agent(env.SEN_ISSUER);
  const none = await stranger.request(authorizeUrl(env, p02, { prompt: 'none' }).url);
  assert.equal(new URL(none.location).searchParams.get('error'), 'login_required');
  assert.equal((await an.agent.request(authorizeUrl(env, p02, { prompt: 'none' }).url)).status, 303);
  assert.equal((await an.agent.request(authorizeUrl(env, p02, { prompt: 'login' }).url)).status, 200);
  assert.equal((await an.agent.request(authorizeUrl(env, p02, { max_age: '0' }).url)).status, 200);
  assert.equal((await an.agent.request(authorizeUrl(env, p02, { max_age: '10000' }).url)).status, 303);
  const mine = await tokensFor(an.agent, p02);
  assert.equal((await an.agent.request(authorizeUrl(env, p02, { prompt: 'none', id_token_hint: mine.id_token }).url)).status, 303);
  const other = await official(p02);
  const theirs = await tokensFor(other.agent, p02);
  const hinted = await an.agent.request(authorizeUrl(env, p02, { prompt: 'none', id_token_hint: theirs.id_token }).url);
  assert.equal(new URL(hinted.location).searchParams.get('error'), 'login_required');
});

test('prompt=login moves auth_time, and the session id with it', async () => {
  const person = await official(p02);
  const before = await tokensFor(person.agent, p02);
  const oldCookie = person.agent.cookies.get('__Host-sen-session');
  await sql(`UPDATE sen.session SET auth_time = auth_time - interval '100 s' WHERE account_id = $1`, person.id);
  const request = authorizeUrl(env, p02, { prompt: 'login' });
  const page = await person.agent.request(request.url);
  const answer = await person.agent.signIn(page, person.login, person.password);
  const { json } = await redeem(p02, new URL(answer.location).searchParams.get('code'), request.proof.verifier);
  const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  assert.ok(claims(json.id_token).auth_time >= claims(before.id_token).auth_time);
  assert.notEqual(claims(json.id_token).sid, claims(before.id_token).sid);
  assert.notEqual(person.agent.cookies.get('__Host-sen-session'), oldCookie);
});

test('no role on the platform: a page that says so, not a code', async () => {
  const person = await official(p03);
  const answer = await person.agent.request(authorizeUrl(env, p02).url);
  assert.equal(answer.status, 403);
  assert.equal(answer.location, null);
  const none = await person.agent.request(authorizeUrl(env, p02, { prompt: 'none' }).url);
  assert.equal(new URL(none.location).searchParams.get('error'), 'access_denied');
});

test('logout: asked without a hint, direct with the session\'s own, only to registered addresses', async () => {
  const person = await official(p02);
  const tokens = await tokensFor(person.agent, p02);
  const back = `${env.P02_RP}/logged-out`;
  const silent = await person.agent.request(`/logout?client_id=p02&post_logout_redirect_uri=${encodeURIComponent(back)}`);
  assert.equal(silent.status, 200, 'a foreign page may not end a session');
  assert.equal((await introspectAs(p02, tokens.access_token)).active, true);
  const evil = await person.agent.request(`/logout?id_token_hint=${tokens.id_token}x&post_logout_redirect_uri=https://evil.example/`);
  assert.equal(evil.location, null);
  const csrf = await person.agent.request('/logout', { form: { csrf: 'x'.repeat(43) } });
  assert.equal(csrf.status, 403);
  assert.equal((await introspectAs(p02, tokens.access_token)).active, true);
  const done = await person.agent.request(`/logout?id_token_hint=${tokens.id_token}&state=s1&post_logout_redirect_uri=${encodeURIComponent(back)}`);
  assert.equal(done.status, 303);
  assert.equal(done.location, `${back}?state=s1`);
  assert.deepEqual(await introspectAs(p02, tokens.access_token), { active: false });
  assert.equal((await refresh(p02, tokens.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await person.agent.request(authorizeUrl(env, p02).url)).status, 200, 'signed out');
  const again = await person.agent.request(`/logout?id_token_hint=${tokens.id_token}&post_logout_redirect_uri=${encodeURIComponent('https://evil.example/')}`);
  assert.equal(again.status, 200, 'an unregistered address is never followed');
});

test('the end of a session ends refresh: idle, absolute, epoch', async () => {
  for (const change of [
    `last_seen_at = now() - interval '16 min'`, `expires_at = now() - interval '1 s'`, `ended_at = now()`,
  ]) {
    const person = await official(p02);
    const tokens = await tokensFor(person.agent, p02);
    await sql(`UPDATE sen.session SET ${change} WHERE account_id = $1`, person.id);
    assert.equal((await refresh(p02, tokens.refresh_token)).json.error, 'invalid_grant', change);
    assert.equal((await person.agent.request(authorizeUrl(env, p02).url)).status, 200, change);
  }
});
