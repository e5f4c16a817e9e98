// Clients that register themselves: RFC 7591, RFC 7592, OpenID Connect Registration 1.0.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import * as oauth from 'oauth4webapi';

import { basic, post, until } from '../../deploy/driver/world.mjs';
import { listings } from './lib/integrate.mjs';
import { restart, serverWith } from './lib/servers.mjs';
import { adminCtl, authorizeUrl, env, introspectAs, official, p02, p03, refresh, run, sql, tokensFor, userinfo } from './lib/world.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const endpoint = `${env.SEN_ISSUER}/register`;
const redirect = 'https://rp.example/callback';
const senctl = adminCtl;

let made = 0;
async function initialToken({ uses = 100, policy, days = 1 } = {}) {
  const args = ['--json', 'client', 'token', 'add', '--uses', String(uses), '--days', String(days), '--label', `e2e ${++made}`];
  if (policy) {
    const file = `${env.SEN_STATE}/tmp/policy-${made}.json`;
    writeFileSync(file, JSON.stringify(policy));
    args.push('--policy', file);
  }
  return JSON.parse(await senctl(...args));
}

async function call(method, url, token, body, headers = {}) {
  const answer = await fetch(url, {
    method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, json: text ? JSON.parse(text) : undefined, text, headers: answer.headers };
}
const register = (token, body) => call('POST', endpoint, token, body);

const open = { scope: 'openid profile unit roles', sen_consent: false };
let token; // of a policy that asks for no consent
let discovered;

before(async () => {
  ({ token } = await initialToken({ uses: 1000, policy: open }));
  const issuer = new URL(env.SEN_ISSUER);
  discovered = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
});

test('oauth4webapi registers a client, and the client signs an official in at once', async () => {
  assert.equal(discovered.registration_endpoint, endpoint);
  const answer = await oauth.dynamicClientRegistrationRequest(discovered,
    { client_name: 'Hệ thống thử nghiệm', redirect_uris: [redirect], grant_types: ['authorization_code', 'refresh_token'] },
    { ...insecure, initialAccessToken: token });
  assert.match(answer.headers.get('cache-control'), /no-store/);
  assert.equal(answer.headers.get('access-control-allow-origin'), null, 'no page registers clients');
  const client = await oauth.processDynamicClientRegistrationResponse(answer);
  assert.equal(client.client_name, 'Hệ thống thử nghiệm');
  assert.equal(client.client_secret_expires_at, 0);
  assert.ok(Math.abs(client.client_id_issued_at - Date.now() / 1000) < 60);
  assert.equal(client.registration_client_uri, `${endpoint}/${client.client_id}`);
  assert.equal(client.token_endpoint_auth_method, 'client_secret_basic');
  assert.equal(client.id_token_signed_response_alg, 'RS256', 'what a client that says nothing may count on');
  assert.equal(client.scope, open.scope);

  const person = await official(p02);
  const tokens = await tokensFor(person.agent, asClient(client), { scope: 'openid profile' });
  assert.ok(tokens.id_token && tokens.refresh_token);
  assert.equal((await userinfo(tokens.access_token)).status, 200);
});

const asClient = (registered) => ({ id: registered.client_id, redirect: registered.redirect_uris[0], secret: () => registered.client_secret });

test('a client is known when its answer leaves, every time', async () => {
  for (let i = 0; i < 15; i++) {
    const { json } = await register(token, { redirect_uris: [redirect] });
    const pushed = await post(`${env.SEN_ISSUER}/par`, { response_type: 'code', redirect_uri: redirect, scope: 'openid', code_challenge: authorizeUrl(env, p02).proof.challenge,
      code_challenge_method: 'S256' }, basic(json.client_id, json.client_secret));
    assert.equal(pushed.status, 201, pushed.text);
  }
});

test('who registers himself is asked for consent, and keeps PKCE, unless the token says otherwise', async () => {
  const strict = await initialToken();
  const { json } = await register(strict.token, { redirect_uris: [redirect], sen_consent: false, sen_pkce: 'optional', sen_may_introspect: true, scope: 'openid profile admin' });
  assert.equal(json.sen_consent, true);
  assert.equal(json.sen_pkce, 'required');
  assert.equal(json.sen_may_introspect, undefined);
  assert.equal(json.scope, 'openid profile');
  const person = await official(p02);
  const answer = await person.agent.request(authorizeUrl(env, asClient(json), { scope: 'openid profile' }).url);
  assert.equal(answer.status, 200);
  assert.match(answer.text, /id="consent"/);
});

test('50 parallel registrations with a token of 10 uses: exactly 10', async () => {
  const once = await initialToken({ uses: 10, policy: open });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => register(once.token, { redirect_uris: [redirect], client_name: `số ${i}` })));
  assert.equal(answers.filter((a) => a.status === 201).length, 10);
  for (const a of answers.filter((x) => x.status !== 201)) {
    assert.equal(a.status, 401, a.text);
    assert.equal(a.json.error, 'invalid_token');
  }
  const [[clients, left]] = await sql(`SELECT (SELECT count(*) FROM sen.oauth_client WHERE registered_with = $1), uses_left
    FROM sen.initial_access_token WHERE id = $1`, once.id);
  assert.deepEqual([clients, left], ['10', '0']);
});

test('a token that is missing, wrong, of another kind, expired or revoked registers nobody', async () => {
  const body = { redirect_uris: [redirect] };
  const none = await register(undefined, body);
  assert.equal(none.status, 401);
  assert.equal(none.headers.get('www-authenticate'), 'Bearer');
  const own = (await register(token, body)).json;
  const expired = await initialToken();
  await sql(`UPDATE sen.initial_access_token SET expires_at = now() WHERE id = $1`, expired.id);
  const revoked = await initialToken();
  await senctl('client', 'token', 'revoke', revoked.id);
  for (const bad of [`${token}x`, 'x', own.registration_access_token, own.client_secret, expired.token, revoked.token]) {
    const answer = await register(bad, body);
    assert.equal(answer.status, 401, answer.text);
    assert.equal(answer.json.error, 'invalid_token');
    assert.match(answer.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
  }
  const basicAnswer = await call('POST', endpoint, undefined, body, basic('p02', p02.secret()));
  assert.equal(basicAnswer.status, 401);
  await assert.rejects(senctl('client', 'token', 'revoke', revoked.id), /revoked|thu hồi/);
  const line = JSON.parse(await senctl('--json', 'client', 'token', 'list', '--limit', '200')).client_tokens.find((l) => l.id === revoked.id);
  assert.equal(line.live, false);
  assert.equal(JSON.stringify(line).includes(revoked.token), false, 'the token is kept');
});

test('bad metadata: the standard\'s error, and no use is counted', async (t) => {
  const { token: counted, id } = await initialToken({ uses: 5, policy: open });
  const rows = {
    'no redirect_uris': [{}, 'invalid_client_metadata'],
    'fragment': [{ redirect_uris: [`${redirect}#x`] }, 'invalid_redirect_uri'],
    'empty fragment': [{ redirect_uris: [`${redirect}#`] }, 'invalid_redirect_uri'],
    'plain http': [{ redirect_uris: ['http://rp.example/cb'] }, 'invalid_redirect_uri'],
    'javascript': [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    'wildcard': [{ redirect_uris: ['https://*.example/cb'] }, 'invalid_redirect_uri'],
    'user info': [{ redirect_uris: ['https://a@rp.example/cb'] }, 'invalid_redirect_uri'],
    'localhost by name': [{ redirect_uris: ['http://localhost/cb'] }, 'invalid_redirect_uri'],
    'one of two bad': [{ redirect_uris: [redirect, 'https://rp.example/../x'] }, 'invalid_redirect_uri'],
    'not a list': [{ redirect_uris: redirect }, 'invalid_redirect_uri'],
    '21 URIs': [{ redirect_uris: Array.from({ length: 21 }, (_, i) => `${redirect}${i}`) }, 'invalid_redirect_uri'],
    'post logout': [{ redirect_uris: [redirect], post_logout_redirect_uris: ['http://evil.example/'] }, 'invalid_redirect_uri'],
    'unknown method': [{ redirect_uris: [redirect], token_endpoint_auth_method: 'plain' }, 'invalid_client_metadata'],
    'private_key_jwt without keys': [{ redirect_uris: [redirect], token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    'jwks and jwks_uri': [{ redirect_uris: [redirect], jwks: { keys: [] }, jwks_uri: 'https://rp.example/jwks' }, 'invalid_client_metadata'],
    'only a grant that nobody has': [{ redirect_uris: [redirect], grant_types: ['password'] }, 'invalid_client_metadata'],
    'only a response type that nobody has': [{ redirect_uris: [redirect], response_types: ['token'] }, 'invalid_client_metadata'],
    'alg none': [{ redirect_uris: [redirect], id_token_signed_response_alg: 'none' }, 'invalid_client_metadata'],
    'HS256': [{ redirect_uris: [redirect], id_token_signed_response_alg: 'HS256' }, 'invalid_client_metadata'],
    'name is a number': [{ redirect_uris: [redirect], client_name: 7 }, 'invalid_client_metadata'],
    'long name': [{ redirect_uris: [redirect], client_name: 'a'.repeat(300) }, 'invalid_client_metadata'],
    'scope nobody may have': [{ redirect_uris: [redirect], scope: 'admin' }, 'invalid_client_metadata'],
    'hostile logo': [{ redirect_uris: [redirect], logo_uri: 'javascript:alert(1)' }, 'invalid_client_metadata'],
    'a private key': [{ redirect_uris: [redirect], jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' }] } }, 'invalid_client_metadata'],
    'private_key_jwt with no key of use': [{ redirect_uris: [redirect], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [] } }, 'invalid_client_metadata'],
    'deep jwks': [{ redirect_uris: [redirect], jwks: { keys: [{ a: { b: { c: { d: { e: { f: 1 } } } } } }] } }, 'invalid_client_metadata'],
    'array': [[], /^invalid_(request|client_metadata)$/],
    'no JSON': ['{', /^invalid_(request|client_metadata)$/],
    'twice the same member': [`{"redirect_uris":["${redirect}"],"client_name":"a","client_name":"b"}`, /^invalid_(request|client_metadata)$/],
    'NUL': ['{"redirect_uris":["https://rp.example/\\u0000"]}', /^invalid_/],
  };
  for (const [what, [body, error]] of Object.entries(rows)) {
    await t.test(what, async () => {
      const answer = await register(counted, body);
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.json.error, error instanceof RegExp ? error : new RegExp(`^${error}$`));
      assert.ok(answer.json.error_description);
      assert.doesNotMatch(answer.text, /evil|javascript|alert/, 'input comes back');
    });
  }
  assert.equal((await register(counted, { redirect_uris: [redirect], client_name: 'a'.repeat(40000) })).status, 413);
  assert.equal((await call('POST', endpoint, counted, 'redirect_uris=x', { 'content-type': 'application/x-www-form-urlencoded' })).status, 415);
  assert.equal((await call('GET', endpoint, counted)).status, 405);
  assert.deepEqual(await sql(`SELECT uses_left FROM sen.initial_access_token WHERE id = $1`, id), [['5']]);
});

test('grants and response types that are not offered fall away', async () => {
  const { status, json } = await register(token, { redirect_uris: [redirect], grant_types: ['authorization_code', 'implicit', 'password'],
    response_types: ['code', 'token', 'id_token token'] });
  assert.equal(status, 201);
  assert.deepEqual(json.grant_types, ['authorization_code']);
  assert.deepEqual(json.response_types, ['code']);
});

test('addresses that are only shown or used later are not visited', async () => {
  await withWeb({}, async (web) => {
    const { status } = await register(token, { redirect_uris: [redirect], jwks_uri: `${web.origin}/jwks`, logo_uri: `${web.origin}/logo`,
      policy_uri: `${web.origin}/policy`, tos_uri: `${web.origin}/tos`, client_uri: `${web.origin}/`, initiate_login_uri: `${web.origin}/login` });
    assert.equal(status, 201);
    assert.equal(web.connections, 0);
  });
});

test('management: read, replace, remove (RFC 7592)', async (t) => {
  const person = await official(p02);
  const { json: made } = await register(token, { redirect_uris: [redirect], client_name: 'Trước', grant_types: ['authorization_code', 'refresh_token'] });
  const uri = made.registration_client_uri;
  const manage = (method, body, with_ = made.registration_access_token) => call(method, uri, with_, body);

  await t.test('read', async () => {
    const { status, json, headers } = await manage('GET');
    assert.equal(status, 200);
    assert.match(headers.get('cache-control'), /no-store/);
    assert.equal(headers.get('access-control-allow-origin'), null);
    const { client_secret, client_secret_expires_at, ...rest } = made;
    assert.ok(client_secret && client_secret_expires_at === 0);
    assert.deepEqual(json, rest, 'all but the secret, which is kept nowhere');
  });
  await t.test('a wrong token: 401 for every method, whether the client is there or not', async () => {
    const other = (await register(token, { redirect_uris: [redirect] })).json;
    for (const url of [uri, `${endpoint}/p02`, `${endpoint}/nobody`])
      for (const method of ['GET', 'PUT', 'DELETE'])
        for (const bad of [undefined, 'x', token, other.registration_access_token, made.client_secret]) {
          const answer = await call(method, url, bad, method === 'PUT' ? { client_id: made.client_id, redirect_uris: [redirect] } : undefined);
          assert.equal(answer.status, 401, `${method} ${url}`);
          assert.equal(answer.json.error, 'invalid_token');
        }
    assert.equal((await manage('GET')).status, 200);
  });
  await t.test('replace: what is not named is gone; the secret stays', async () => {
    const moved = 'https://rp.example/moved';
    const { status, json } = await manage('PUT', { client_id: made.client_id, client_secret: made.client_secret, redirect_uris: [moved], grant_types: ['authorization_code', 'refresh_token'] });
    assert.equal(status, 200);
    assert.equal(json.client_name, undefined);
    assert.deepEqual(json.redirect_uris, [moved]);
    assert.equal(json.client_secret, undefined);
    assert.equal(json.scope, open.scope);
    assert.equal((await person.agent.request(authorizeUrl(env, { ...asClient(made) }, { scope: 'openid' }).url)).status, 400, 'the address before');
    assert.ok((await tokensFor(person.agent, { ...asClient(made), redirect: moved }, { scope: 'openid' })).id_token);
    made.redirect_uris = [moved];
  });
  await t.test('replace: what is refused', async () => {
    const good = { client_id: made.client_id, redirect_uris: made.redirect_uris };
    for (const [body, error] of [
      [{ redirect_uris: made.redirect_uris }, 'invalid_client_metadata'], [{ ...good, client_id: 'p02' }, 'invalid_client_metadata'],
      [{ ...good, client_secret: 'x'.repeat(43) }, 'invalid_client_metadata'], [{ ...good, client_secret: 7 }, 'invalid_client_metadata'],
      [{ ...good, registration_access_token: made.registration_access_token }, 'invalid_client_metadata'],
      [{ ...good, registration_client_uri: uri }, 'invalid_client_metadata'], [{ ...good, client_secret_expires_at: 0 }, 'invalid_client_metadata'],
      [{ ...good, client_id_issued_at: 1 }, 'invalid_client_metadata'], [{ ...good, redirect_uris: ['https://a/#'] }, 'invalid_redirect_uri'],
      [{ ...good, scope: 'admin' }, 'invalid_client_metadata'],
    ]) {
      const answer = await manage('PUT', body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(answer.json.error, error);
    }
    assert.deepEqual((await manage('GET')).json.redirect_uris, made.redirect_uris);
  });
  await t.test('the policy of its token holds for updates', async () => {
    const { json } = await manage('PUT', { client_id: made.client_id, redirect_uris: made.redirect_uris, sen_pkce: 'optional', sen_consent: false, sen_may_introspect: true,
      scope: 'openid admin', grant_types: ['authorization_code', 'refresh_token'] });
    assert.equal(json.scope, 'openid');
    assert.equal(json.sen_pkce, 'required');
    assert.equal(json.sen_may_introspect, undefined);
  });
  await t.test('another way of authentication brings its own secret', async () => {
    const body = { client_id: made.client_id, redirect_uris: made.redirect_uris, grant_types: ['authorization_code', 'refresh_token'] };
    const open_ = await manage('PUT', { ...body, token_endpoint_auth_method: 'none' });
    assert.equal(open_.json.client_secret, undefined);
    assert.equal((await post(`${env.SEN_ISSUER}/revoke`, { token: 'x' }, basic(made.client_id, made.client_secret))).status, 401, 'the secret before');
    const closed = await manage('PUT', body);
    assert.ok(closed.json.client_secret && closed.json.client_secret !== made.client_secret);
    assert.equal(closed.json.client_secret_expires_at, 0);
    made.client_secret = closed.json.client_secret;
    assert.equal((await post(`${env.SEN_ISSUER}/revoke`, { token: 'x' }, basic(made.client_id, made.client_secret))).status, 200);
  });
  await t.test('of parallel updates none is mixed with another', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `tên ${i}`);
    const answers = await Promise.all(names.map((client_name) => manage('PUT', { client_id: made.client_id, redirect_uris: made.redirect_uris, client_name })));
    for (const a of answers) assert.ok([200, 409].includes(a.status), a.text);
    assert.ok(answers.some((a) => a.status === 200));
    await manage('PUT', { client_id: made.client_id, redirect_uris: made.redirect_uris, grant_types: ['authorization_code', 'refresh_token'] });
  });
  await t.test('remove: 204, and every token is dead', async () => {
    const client = asClient(made);
    const tokens = await tokensFor(person.agent, client, { scope: 'openid profile' });
    const before_ = await introspectAs(client, tokens.access_token);
    assert.equal(before_.active, true);
    const gone = await manage('DELETE');
    assert.equal(gone.status, 204);
    assert.equal(gone.text, '');
    assert.equal((await userinfo(tokens.access_token)).status, 401);
    assert.equal((await refresh(client, tokens.refresh_token)).status, 401);
    assert.deepEqual(await introspectAs(p02, tokens.access_token), { active: false });
    assert.equal((await person.agent.request(authorizeUrl(env, client).url)).status, 400);
    for (const method of ['GET', 'DELETE']) assert.equal((await manage(method)).status, 401);
  });
  await t.test('the audit log tells it all', async () => {
    const rows = await sql(`SELECT DISTINCT action FROM sen.audit WHERE object = $1 ORDER BY 1`, made.client_id);
    assert.deepEqual(rows.flat(), ['client.register', 'client.remove', 'client.update']);
  });
});

test('the operator lists, removes and takes over clients that registered themselves', async () => {
  const a = (await register(token, { redirect_uris: [redirect], client_name: 'Một' })).json;
  assert.equal(JSON.parse(await senctl('--json', 'client', 'show', a.client_id)).registered, true);
  await senctl('client', 'remove', a.client_id);
  assert.equal((await call('GET', a.registration_client_uri, a.registration_access_token)).status, 401);
  const b = (await register(token, { redirect_uris: [redirect] })).json;
  const file = `${env.SEN_STATE}/tmp/adopted.json`;
  writeFileSync(file, JSON.stringify({ client_id: b.client_id, client_name: 'Hai', redirect_uris: [redirect], token_endpoint_auth_method: 'none' }));
  await senctl('client', 'add', file);
  assert.equal((await call('DELETE', b.registration_client_uri, b.registration_access_token)).status, 401, 'it is the operator\'s now');
  await assert.rejects(senctl('client', 'remove', 'nobody'));
});

test('senctl refuses policies that cannot be', async () => {
  for (const policy of [{ scope: 'openid admin' }, { sen_pkce: 'never' }, { surprise: 1 }, { platform: 'P99' }, { grant_types: ['password'] }, []])
    await assert.rejects(initialToken({ policy }), JSON.stringify(policy));
  for (const args of [['--uses', '0', '--days', '1'], ['--uses', '1'], ['--uses', '1', '--days', '99999'], ['--uses', 'x', '--days', '1']])
    await assert.rejects(senctl('client', 'token', 'add', ...args), args.join(' '));
});

test('a token for a platform makes clients of that platform', async () => {
  const platform = await initialToken({ policy: JSON.parse(listings('self-registration.md')['policy.json']) });
  const { json } = await register(platform.token, { redirect_uris: [redirect] });
  const inside = await official(p02), outside = await official(p03);
  const tokens = await tokensFor(inside.agent, asClient(json), { scope: 'openid roles' });
  assert.deepEqual((await (await userinfo(tokens.access_token)).json()).roles, [p02.role]);
  assert.equal((await outside.agent.request(authorizeUrl(env, asClient(json), { scope: 'openid roles' }).url)).status, 403);
});

test('software statements: what a known issuer claims stands against what the client says', async (t) => {
  const iss = 'https://registry.nghean.example';
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const stranger = await generateKeyPair('ES256');
  const file = `${env.SEN_STATE}/tmp/issuer.json`;
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }];
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss, iat: now, exp: now + 600, software_id: '4NRB1', client_name: 'Phần mềm đã xác nhận', redirect_uris: ['https://vouched.example/cb'] };
  const sign = (payload, { key = privateKey, header = {} } = {}) => new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key);
  const send = async (statement, more = {}) => register(token, { redirect_uris: [redirect], client_name: 'Tự xưng', ...more, software_statement: await statement });

  assert.equal((await send(sign(claims))).json.error, 'unapproved_software_statement');
  writeFileSync(file, JSON.stringify({ iss, jwks: { keys } }));
  await senctl('client', 'issuer', 'add', file);
  assert.ok(JSON.parse(await senctl('--json', 'client', 'issuer', 'list')).client_issuers.some((i) => i.iss === iss));

  const statement = await sign(claims);
  const made = await send(statement, { scope: 'openid' });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.json.client_name, claims.client_name);
  assert.deepEqual(made.json.redirect_uris, claims.redirect_uris);
  assert.equal(made.json.scope, 'openid', 'what it does not claim is the client\'s to say');
  assert.equal(made.json.software_statement, statement);
  assert.equal(made.json.iss, undefined);
  assert.equal((await send(sign(claims, { header: { typ: 'JWT' } }))).status, 201);
  assert.equal((await send(sign({ ...claims, aud: ['x', env.SEN_ISSUER] }))).status, 201);

  const rows = {
    'of an unknown issuer': [sign({ ...claims, iss: 'https://evil.example' }), 'unapproved_software_statement'],
    'without iss': [sign({ ...claims, iss: undefined }), 'invalid_software_statement'],
    'signed by somebody else': [sign(claims, { key: stranger.privateKey }), 'invalid_software_statement'],
    'alg none': [new UnsecuredJWT(claims).encode(), 'invalid_software_statement'],
    'changed': [statement.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...claims, client_name: 'x' })).toString('base64url')}.`), 'invalid_software_statement'],
    'expired': [sign({ ...claims, exp: now - 1 }), 'invalid_software_statement'],
    'not begun': [sign({ ...claims, nbf: now + 600 }), 'invalid_software_statement'],
    'exp is a text': [sign({ ...claims, exp: 'never' }), 'invalid_software_statement'],
    'for another server': [sign({ ...claims, aud: 'https://other.example' }), 'invalid_software_statement'],
    'an access token': [sign(claims, { header: { typ: 'at+jwt' } }), 'invalid_software_statement'],
    'critical header': [sign(claims, { header: { crit: ['b64'], b64: true } }), 'invalid_software_statement'],
    'no JWS': ['abc', 'invalid_software_statement'], 'a number': [7, 'invalid_software_statement'], 'too long': [`a.${'b'.repeat(9000)}.c`, 'invalid_software_statement'],
    'bad metadata in it': [sign({ ...claims, redirect_uris: ['http://evil.example/'] }), 'invalid_redirect_uri'],
  };
  for (const [what, [bad, error]] of Object.entries(rows))
    await t.test(what, async () => {
      const answer = await send(bad);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.error, error);
      assert.equal(answer.headers.get('www-authenticate'), null);
    });
  await t.test('it gives nothing that only the operator gives', async () => {
    const { json } = await send(sign({ ...claims, sen_consent: true, sen_pkce: 'optional', sen_may_introspect: true, scope: 'openid admin', client_id: 'p02', client_secret: 'x'.repeat(40) }));
    assert.equal(json.sen_pkce, 'required');
    assert.equal(json.sen_may_introspect, undefined);
    assert.equal(json.sen_consent, false);
    assert.equal(json.scope, 'openid');
    assert.notEqual(json.client_id, 'p02');
    assert.notEqual(json.client_secret, 'x'.repeat(40));
  });
  await t.test('an update may repeat it after it has expired, and an unknown issuer is unknown there too', async () => {
    const short = await sign({ ...claims, exp: Math.floor(Date.now() / 1000) + 2 });
    const { json } = await send(short);
    const update = (software_statement) => call('PUT', json.registration_client_uri, json.registration_access_token,
      { client_id: json.client_id, redirect_uris: [redirect], software_statement });
    await until('expired', async () => (await send(short)).status === 400, 5000);
    const same = await update(short);
    assert.equal(same.status, 200, same.text);
    assert.deepEqual(same.json.redirect_uris, claims.redirect_uris);
    assert.equal((await update(await sign({ ...claims, exp: now - 5 }))).json.error, 'invalid_software_statement');
    await senctl('client', 'issuer', 'remove', iss);
    assert.equal((await update(short)).json.error, 'unapproved_software_statement');
  });
  for (const bad of [{ iss }, { iss, jwks: { keys: [] } }, { iss, jwks: { keys: [await exportJWK(privateKey)] } }, { iss: '', jwks: { keys } }, []]) {
    writeFileSync(file, JSON.stringify(bad));
    await assert.rejects(senctl('client', 'issuer', 'add', file), JSON.stringify(bad));
  }
  await assert.rejects(senctl('client', 'issuer', 'remove', iss));
});

// ---- sector_identifier_uri: the one address that is visited ----

const folder = `${env.SEN_STATE}/tmp/web`;

function certificate() {
  mkdirSync(folder, { recursive: true });
  const ssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  ssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '2',
    '-subj', '/CN=web', '-addext', 'subjectAltName=IP:127.0.0.1,IP:0:0:0:0:0:0:0:1,DNS:localhost');
}

// An https server on loopback that counts who comes.
async function withWeb(answers, body) {
  certificate();
  const web = { connections: 0, paths: [] };
  const server = https.createServer({ key: readFileSync(`${folder}/key.pem`), cert: readFileSync(`${folder}/cert.pem`) }, (rq, rs) => {
    web.paths.push(rq.url);
    const answer = answers[rq.url];
    if (!answer) return rs.writeHead(404).end();
    return answer(rs);
  });
  server.on('connection', () => { web.connections += 1; });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  web.port = server.address().port;
  web.origin = `https://127.0.0.1:${web.port}`;
  try {
    return await body(web);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const json = (value) => (rs) => rs.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const sector = (uri, uris = [redirect]) => register(token, { redirect_uris: uris, subject_type: 'pairwise', sector_identifier_uri: uri });
const refused = (answer, what) => {
  assert.equal(answer.status, 400, `${what}: ${answer.text}`);
  assert.equal(answer.json.error, 'invalid_client_metadata', what);
};

test('hostile sector_identifier_uri: nothing inside is reached', async (t) => {
  await withWeb({ '/': json([redirect]) }, async (web) => {
    await serverWith('registration', (good) => good.replace(/^egress_allow = .*/m, 'egress_allow =').replace(/^ca_file = .*/m, `ca_file = ${folder}/cert.pem`));
    const said = new Set();
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '127.0.0.2', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0.0.0.0', '[::]',
      '169.254.169.254', '10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '224.0.0.1', '[fe80::1]', '[fd00::1]', '[64:ff9b::7f00:1]', 'localhost.',
      'user@127.0.0.1', '127.0.0.1%2f'])
      await t.test(host, async () => {
        const begin = performance.now();
        const answer = await sector(`https://${host}:${web.port}/`);
        refused(answer, host);
        assert.ok(performance.now() - begin < 2500, 'it was tried');
        said.add(answer.json.error_description);
      });
    for (const uri of [`http://127.0.0.1:${web.port}/`, 'file:///etc/passwd', 'gopher://127.0.0.1/', `https://127.0.0.1:${web.port}/#x`, 'ftp://127.0.0.1/', '//127.0.0.1/', 'https://'])
      await t.test(uri, async () => refused(await sector(uri), uri));
    assert.equal(web.connections, 0, 'a connection was made');
    assert.ok(said.size <= 2, `the answers tell addresses apart: ${[...said]}`);
  });
});

test('sector_identifier_uri that may be reached: the document decides', async (t) => {
  const other = 'https://rp.example/other';
  const big = `["${redirect}"${`,"${'x'.repeat(1000)}"`.repeat(70)}]`;
  let target;
  await withWeb({ '/good': json([redirect, other]) }, (elsewhere) => withWeb({
    '/good': json([redirect, other]), '/missing': json([other]), '/object': json({ redirect_uris: [redirect] }), '/nested': json([[redirect]]),
    '/broken': (rs) => rs.writeHead(200, { 'content-type': 'application/json' }).end(`["${redirect}"`),
    '/500': (rs) => rs.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify([redirect])),
    '/redirect': (rs) => rs.writeHead(302, { location: '/good' }).end(), '/away': (rs) => rs.writeHead(302, { location: `${elsewhere.origin}/good` }).end(),
    '/inside': (rs) => rs.writeHead(302, { location: `${env.SEN_ADMIN_URL}/metrics` }).end(), '/big': (rs) => rs.writeHead(200, { 'content-type': 'application/json' }).end(big),
    '/slow': (rs) => { rs.writeHead(200, { 'content-type': 'application/json' }); const drip = setInterval(() => rs.write(' '), 200); rs.on('close', () => clearInterval(drip)); },
  }, async (web) => {
    target = web;
    await serverWith('registration', (good) => good.replace(/^ca_file = .*/m, `ca_file = ${folder}/cert.pem`));
    const ok = await sector(`${web.origin}/good`, [redirect, other]);
    assert.equal(ok.status, 201, ok.text);
    assert.equal(ok.json.sector_identifier_uri, `${web.origin}/good`);
    for (const path of ['/missing', '/object', '/nested', '/broken', '/500', '/redirect', '/away', '/inside', '/big', '/slow', '/nothing'])
      await t.test(path, async () => {
        const begin = performance.now();
        refused(await sector(`${web.origin}${path}`), path);
        assert.ok(performance.now() - begin < 20000, 'waited too long');
      });
    await t.test('one URI of two is not in it', async () => refused(await sector(`${web.origin}/good`, [redirect, 'https://rp.example/third'])));
    await t.test('an update is checked too', async () => {
      const update = (uri) => call('PUT', ok.json.registration_client_uri, ok.json.registration_access_token,
        { client_id: ok.json.client_id, redirect_uris: [redirect], subject_type: 'pairwise', sector_identifier_uri: uri });
      refused(await update(`${web.origin}/missing`));
      assert.equal((await update(`${web.origin}/good`)).status, 200);
    });
    await t.test('clients of one sector see one subject, of another a different one', async () => {
      const person = await official(p02);
      const sub = async (client) => (await (await userinfo((await tokensFor(person.agent, asClient(client), { scope: 'openid' })).access_token)).json()).sub;
      const second = (await sector(`${web.origin}/good`, [other])).json;
      const alone = (await register(token, { redirect_uris: [redirect], subject_type: 'pairwise' })).json;
      assert.equal(await sub({ ...ok.json, redirect_uris: [redirect] }), await sub(second));
      assert.notEqual(await sub(second), await sub(alone));
      assert.notEqual(await sub(second), person.id);
    });
    assert.equal(elsewhere.connections, 0, 'a redirect was followed');
  }));
  assert.equal(target.paths.filter((p) => p === '/redirect').length, 1);
});

test('no more clients than the configuration allows', async () => {
  const [[n]] = await sql(`SELECT count(*) FROM sen.oauth_client WHERE registered_with IS NOT NULL`);
  const [[counted]] = await sql(`SELECT n FROM sen.registered_clients`);
  assert.equal(counted, n);
  await serverWith('registration', (good) => good.replace(/^registered_max = .*/m, `registered_max = ${Number(n) + 3}`));
  const answers = await Promise.all(Array.from({ length: 20 }, () => register(token, { redirect_uris: [redirect] })));
  const good = answers.filter((a) => a.status === 201);
  assert.equal(good.length, 3);
  const late = await register(token, { redirect_uris: [redirect] });
  assert.equal(late.status, 403, late.text);
  await call('DELETE', good[0].json.registration_client_uri, good[0].json.registration_access_token);
  assert.equal((await register(token, { redirect_uris: [redirect] })).status, 201, 'room again');
  await serverWith('registration', (good_) => good_.replace(/^registered_max = .*/m, 'registered_max = 0'));
  assert.equal((await (await fetch(`${env.SEN_ISSUER}/.well-known/openid-configuration`)).json()).registration_endpoint, undefined);
  assert.equal((await register(token, { redirect_uris: [redirect] })).status, 403);
});

test('the server\'s role touches no client of administrators, and gives nobody their scope', async () => {
  const as = (text) => sql(`SET ROLE sen_server; ${text}`);
  await as(`UPDATE sen.oauth_client SET version = version WHERE id = 'senctl' RETURNING id`).then((rows) => assert.deepEqual(rows, []));
  await as(`DELETE FROM sen.oauth_client WHERE id = 'senctl' RETURNING id`).then((rows) => assert.deepEqual(rows, []));
  await assert.rejects(as(`INSERT INTO sen.oauth_client (id, metadata) VALUES ('evil', '{"scope": "openid admin"}')`), /row-level security/);
  await assert.rejects(as(`UPDATE sen.oauth_client SET metadata = '{"scope": "admin"}' WHERE id = 'p02'`), /row-level security/);
  await assert.rejects(as(`UPDATE sen.oauth_client SET created_at = now()`), /permission denied/);
  await assert.rejects(as(`UPDATE sen.initial_access_token SET policy = '{}'`), /permission denied/);
});

after(() => restart());
