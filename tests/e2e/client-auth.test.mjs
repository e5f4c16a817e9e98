// How clients prove who they are, and what their tokens are bound to.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';

import { decodeJwt } from 'jose';

import { basic, post, until } from '../../deploy/driver/world.mjs';
import { assertion, ath, jwksOf, now, postAs, proof, register, signingKey } from './lib/clients.mjs';
import { codeFor, env, introspectAs, official, p02, run, sql, userinfo } from './lib/world.mjs';

const token = `${env.SEN_ISSUER}/token`;
const cc = { grant_type: 'client_credentials' };
let an, keys, byKey, bySecret, byPost, opaque, bound, native;

before(async () => {
  an = await official(p02);
  keys = Object.fromEntries(await Promise.all(['ES256', 'PS256', 'RS256', 'EdDSA'].map(async (alg) => [alg, await signingKey(alg)])));
  const grants = ['authorization_code', 'refresh_token', 'client_credentials'];
  [byKey, bySecret, byPost, opaque, bound, native] = await Promise.all([
    register('ca-key', { token_endpoint_auth_method: 'private_key_jwt', jwks: jwksOf(...Object.values(keys)), grant_types: grants, scope: 'openid data.read data.write' }),
    register('ca-secret', { token_endpoint_auth_method: 'client_secret_jwt', grant_types: grants }),
    register('ca-post', { token_endpoint_auth_method: 'client_secret_post', grant_types: grants, scope: 'openid profile data.read' }),
    register('ca-opaque', { grant_types: grants, sen_access_token_format: 'opaque' }),
    register('ca-bound', { grant_types: grants, dpop_bound_access_tokens: true }),
    register('ca-native', { token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/cb'] }),
  ]);
});

test('private_key_jwt with each algorithm that is offered', async (t) => {
  for (const alg of Object.keys(keys))
    await t.test(alg, async () => assert.equal((await post(token, { ...cc, ...await assertion(byKey, keys[alg]) })).status, 200));
});

test('client_secret_jwt', async () => {
  const { SignJWT } = await import('jose');
  const make = (secret, change = {}) => new SignJWT({ iss: bySecret.id, sub: bySecret.id, aud: env.SEN_ISSUER, jti: randomUUID(), exp: now() + 60, ...change })
    .setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
  const type = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };
  assert.equal((await post(token, { ...cc, ...type, client_assertion: await make(bySecret.secret()) })).status, 200);
  assert.equal((await post(token, { ...cc, ...type, client_assertion: await make(`${bySecret.secret()}x`) })).json.error, 'invalid_client');
  // The public key of another client is no secret: HMAC with it is the algorithm confusion of RFC 8725 §2.1.
  const confused = await new SignJWT({ iss: byKey.id, sub: byKey.id, aud: env.SEN_ISSUER, jti: randomUUID(), exp: now() + 60 })
    .setProtectedHeader({ alg: 'HS256', kid: keys.ES256.jwk.kid }).sign(Buffer.from(JSON.stringify(keys.ES256.jwk)));
  assert.equal((await post(token, { ...cc, ...type, client_assertion: confused })).json.error, 'invalid_client');
});

test('assertions: each rule has a refusal', async (t) => {
  const rows = [
    ['aud of another server', { aud: 'https://other.example' }],
    ['aud is the token endpoint', { aud: token }],
    ['aud is an array', { aud: [env.SEN_ISSUER] }],
    ['aud is missing', { aud: undefined }],
    ['iss is another', { iss: 'p02' }],
    ['sub is another', { sub: 'p02' }],
    ['sub is missing', { sub: undefined }],
    ['exp is past', { exp: now() - 300 }],
    ['exp is missing', { exp: undefined }],
    ['exp is a day ahead', { exp: now() + 86400 }],
    ['exp is no integer', { exp: '1e300' }],
    ['nbf is ahead', { nbf: now() + 120 }],
    ['iat is ahead', { iat: now() + 120 }],
    ['jti is missing', { jti: undefined }],
    ['jti is too long', { jti: 'x'.repeat(300) }],
  ];
  for (const [name, change] of rows)
    await t.test(name, async () => {
      const answer = await post(token, { ...cc, ...await assertion(byKey, keys.ES256, change) });
      assert.equal(answer.status, 401);
      assert.equal(answer.json.error, 'invalid_client');
    });
  await t.test('a clock that is a little ahead is no reason', async () => {
    assert.equal((await post(token, { ...cc, ...await assertion(byKey, keys.ES256, { iat: now() + 8, nbf: now() + 8 }) })).status, 200);
  });
  await t.test('50 parallel uses of one assertion: one success', async () => {
    const one = await assertion(byKey, keys.ES256);
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(token, { ...cc, ...one })));
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
    assert.ok(answers.every((answer) => answer.status === 200 || answer.json.error === 'invalid_client'));
  });
  await t.test('two ways at once, the wrong way, no way', async () => {
    const one = await assertion(byKey, keys.ES256);
    assert.equal((await post(token, { ...cc, ...one, client_secret: 'x'.repeat(40) })).json.error, 'invalid_request');
    assert.equal((await post(token, { ...cc, ...one }, basic(byPost.id, byPost.secret()))).json.error, 'invalid_request');
    assert.equal((await post(token, { ...cc }, basic(byPost.id, byPost.secret()))).json.error, 'invalid_client');
    assert.equal((await post(token, { ...cc, client_id: byKey.id })).json.error, 'invalid_client');
    assert.equal((await post(token, { ...cc, client_assertion: one.client_assertion })).json.error, 'invalid_request');
    assert.equal((await post(token, { ...cc, ...one, client_id: byPost.id })).json.error, 'invalid_client');
  });
});

test('Basic with an empty secret names a public client, and is no secret of another', async () => {
  const { answer, proof: pkce } = await codeFor(an.agent, native);
  const form = { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: native.redirect, code_verifier: pkce.verifier };
  assert.equal((await post(token, form, basic(native.id, ''))).status, 200);
  assert.equal((await post(token, cc, basic(byPost.id, ''))).json.error, 'invalid_client');
  assert.equal((await post(token, cc, basic(p02.id, ''))).json.error, 'invalid_client');
});

test('keys at a jwks_uri: fetched, kept, fetched anew when the client rotates; what is refused', async (t) => {
  const first = await signingKey('ES256'), second = await signingKey('ES256');
  let served = jwksOf(first), hits = 0, answer;
  const server = createServer((request, response) => {
    hits++;
    if (answer) return answer(response);
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify(served));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const uri = (path) => `http://127.0.0.1:${server.address().port}/${path}`;
  const client = await register('ca-remote', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri('jwks'), grant_types: ['client_credentials'], redirect_uris: undefined });
  await t.test('fetched once for many', async () => {
    for (let i = 0; i < 5; i++) assert.equal((await post(token, { ...cc, ...await assertion(client, first) })).status, 200);
    assert.equal(hits, 1);
  });
  await t.test('a new key is found', async () => {
    served = jwksOf(first, second);
    await new Promise((resolve) => setTimeout(resolve, 5100));
    assert.equal((await post(token, { ...cc, ...await assertion(client, second) })).status, 200);
    assert.equal(hits, 2);
  });
  const bad = [
    ['an error', (response) => { response.statusCode = 500; response.end('{}'); }],
    ['a redirect', (response) => { response.statusCode = 302; response.setHeader('location', uri('jwks')); response.end(); }],
    ['too much', (response) => response.end(JSON.stringify({ keys: [], pad: 'x'.repeat(200000) }))],
    ['no JSON', (response) => response.end('<html>')],
  ];
  for (const [name, how] of bad)
    await t.test(`${name} is a refusal that can be tried again`, async () => {
      const other = await register(`ca-bad-${name.replaceAll(' ', '')}`, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri(name.replaceAll(' ', '')),
        grant_types: ['client_credentials'], redirect_uris: undefined });
      answer = how;
      const result = await post(token, { ...cc, ...await assertion(other, first) });
      assert.equal(result.status, 503);
      assert.equal(result.json.access_token, undefined);
    });
});

test('a row that no longer passes the rules is no client, the others go on, and doctor says it', async () => {
  const client = await register('ca-outdated', { redirect_uris: ['https://outdated.example/cb'] });
  await sql(`UPDATE sen.oauth_client SET metadata = metadata || '{"grant_types": []}' WHERE id = $1`, client.id);
  await until('refused', async () => (await postAs(client, '/token', cc)).json.error === 'invalid_client');
  assert.equal((await postAs(byPost, '/token', cc)).status, 200);
  const report = await run(env.SENCTL, ['--config', env.SENCTL_CONFIG, 'doctor']).catch((error) => error);
  assert.match(report.stdout, /FAIL.*ca-outdated/);
  await sql('DELETE FROM sen.oauth_client WHERE id = $1', client.id);
});

test('client_credentials: the client itself, never a person; revoked and narrowed', async () => {
  const answer = await post(token, { ...cc, ...await assertion(byKey, keys.ES256), scope: 'openid data.read' });
  const claims = decodeJwt(answer.json.access_token);
  assert.equal(claims.sub, byKey.id);
  assert.equal(claims.scope, 'data.read');
  assert.equal(answer.json.refresh_token, undefined);
  assert.equal(answer.json.id_token, undefined);
  assert.equal((await userinfo(answer.json.access_token)).status, 401);
  assert.equal((await post(token, { ...cc, ...await assertion(byKey, keys.ES256), scope: 'openid' })).json.error, 'invalid_scope');
  const { json } = await postAs(byPost, '/token', cc);
  assert.equal((await postAs(byPost, '/introspect', { token: json.access_token })).json.active, true);
  assert.equal((await introspectAs(p02, json.access_token)).active, false, 'another client may not ask');
  assert.equal((await postAs(byPost, '/revoke', { token: json.access_token })).status, 200);
  assert.equal((await postAs(byPost, '/introspect', { token: json.access_token })).json.active, false);
  assert.equal((await post(token, cc, basic(p02.id, p02.secret()))).json.error, 'unauthorized_client');
});

test('opaque access tokens say nothing to anybody but the server', async () => {
  const { answer, proof: pkce } = await codeFor(an.agent, opaque);
  const { json } = await postAs(opaque, '/token', { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: opaque.redirect, code_verifier: pkce.verifier });
  assert.match(json.access_token, /^sna_[A-Za-z0-9_-]+$/);
  assert.equal((await userinfo(json.access_token)).status, 200);
  const info = (await postAs(opaque, '/introspect', { token: json.access_token })).json;
  assert.equal(info.active, true);
  assert.equal(info.sub, an.id);
  const forged = `${json.access_token.slice(0, -2)}${json.access_token.endsWith('AA') ? 'BB' : 'AA'}`;
  assert.equal((await userinfo(forged)).status, 401);
  await postAs(opaque, '/revoke', { token: json.access_token });
  assert.equal((await userinfo(json.access_token)).status, 401);
});

test('DPoP: tokens are bound, and taken only with a proof', async (t) => {
  const key = await signingKey('ES256'), other = await signingKey('EdDSA');
  const url = `${env.SEN_ISSUER}/userinfo`;
  const redeemWith = async (client, params, header, more = {}) => {
    const { answer, proof: pkce } = await codeFor(an.agent, client, params);
    return postAs(client, '/token', { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: client.redirect, code_verifier: pkce.verifier, ...more }, header);
  };
  const { json } = await redeemWith(bound, {}, { dpop: await proof(key, 'POST', token) });
  const get = (access, scheme, dpop) => fetch(url, { headers: { authorization: `${scheme} ${access}`, ...(dpop ? { dpop } : {}) } });
  const good = (change, header) => proof(key, 'GET', url, { ath: ath(json.access_token), ...change }, header);

  await t.test('issued for the key, accepted with its proof', async () => {
    assert.equal(json.token_type, 'DPoP');
    assert.equal(decodeJwt(json.access_token).cnf.jkt, key.jkt);
    assert.equal((await get(json.access_token, 'DPoP', await good())).status, 200);
    assert.equal((await postAs(bound, '/introspect', { token: json.access_token })).json.cnf.jkt, key.jkt);
  });
  const rows = [
    ['as bearer', 'Bearer', undefined],
    ['as bearer with a proof', 'Bearer', good],
    ['without a proof', 'DPoP', undefined],
    ['proof for another method', 'DPoP', () => proof(key, 'POST', url, { ath: ath(json.access_token) })],
    ['proof for another address', 'DPoP', () => proof(key, 'GET', token, { ath: ath(json.access_token) })],
    ['proof without ath', 'DPoP', () => proof(key, 'GET', url)],
    ['proof for another token', 'DPoP', () => proof(key, 'GET', url, { ath: ath('x') })],
    ['proof by another key', 'DPoP', () => proof(other, 'GET', url, { ath: ath(json.access_token) })],
    ['an old proof', 'DPoP', () => good({ iat: now() - 120 })],
    ['a proof from the future', 'DPoP', () => good({ iat: now() + 60 })],
    ['a proof past its exp', 'DPoP', () => good({ exp: now() - 30 })],
    ['a proof before its nbf', 'DPoP', () => good({ nbf: now() + 600 })],
    ['a proof without jti', 'DPoP', () => good({ jti: undefined })],
    ['a proof of another type', 'DPoP', () => good({}, { typ: 'JWT' })],
    ['a proof with a private key in it', 'DPoP', async () => good({}, { jwk: { ...key.jwk, d: 'AAAA' } })],
    ['a proof with a nonce that is not ours', 'DPoP', () => good({ nonce: 'x' })],
  ];
  for (const [name, scheme, make] of rows)
    await t.test(name, async () => {
      const answer = await get(json.access_token, scheme, make && await make());
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get('www-authenticate'), scheme === 'DPoP' ? /^DPoP algs="ES256 PS256 EdDSA", error=/ : /^Bearer error=/);
    });
  await t.test('query and fragment of htu do not count, nor does the case of its host', async () => {
    assert.equal((await get(json.access_token, 'DPoP', await good({ htu: `${url}?a=b#c` }))).status, 200);
  });
  await t.test('50 parallel uses of one proof: one success', async () => {
    const one = await good();
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(json.access_token, 'DPoP', one)));
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  });
  await t.test('the client that registered it gets no token without a proof', async () => {
    assert.equal((await redeemWith(bound)).json.error, 'invalid_request');
    assert.equal((await postAs(bound, '/token', cc)).json.error, 'invalid_request');
  });
  await t.test('dpop_jkt binds the code to the key', async () => {
    assert.equal((await redeemWith(bound, { dpop_jkt: key.jkt }, { dpop: await proof(other, 'POST', token) })).json.error, 'invalid_grant');
    assert.equal((await redeemWith(bound, { dpop_jkt: key.jkt }, { dpop: await proof(key, 'POST', token) })).status, 200);
  });
  await t.test('refresh tokens of public clients are bound, and narrow nothing for others', async () => {
    const { answer, proof: pkce } = await codeFor(an.agent, native);
    const form = { client_id: native.id };
    const first = await post(token, { ...form, grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: native.redirect, code_verifier: pkce.verifier },
      { dpop: await proof(key, 'POST', token) });
    const refreshed = (dpop) => post(token, { ...form, grant_type: 'refresh_token', refresh_token: first.json.refresh_token }, dpop ? { dpop } : {});
    assert.equal((await refreshed()).json.error, 'invalid_grant');
    assert.equal((await refreshed(await proof(other, 'POST', token))).json.error, 'invalid_grant');
    assert.equal((await refreshed(await proof(key, 'POST', token))).status, 200);
  });
  await t.test('a bearer token is not taken by the scheme DPoP', async () => {
    const { json: plain } = await redeemWith(byPost);
    assert.equal((await get(plain.access_token, 'DPoP', await proof(key, 'GET', url, { ath: ath(plain.access_token) }))).status, 401);
  });
});
