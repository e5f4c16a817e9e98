// Answers in the forms that clients register: signed with each algorithm, encrypted, or both.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { compactDecrypt, createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';

import { postAs, register } from './lib/clients.mjs';
import { codeFor, env, official, p02 } from './lib/world.mjs';

const jwks = createRemoteJWKSet(new URL(`${env.SEN_ISSUER}/jwks`));
let an;

before(async () => { an = await official(p02); });

async function tokens(client, params) {
  const { answer, proof } = await codeFor(an.agent, client, params);
  return (await postAs(client, '/token', { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: client.redirect, code_verifier: proof.verifier }));
}

const info = (token) => fetch(`${env.SEN_ISSUER}/userinfo`, { headers: { authorization: `Bearer ${token}` } });

test('ID tokens, userinfo, introspection and JARM signed with each algorithm', async (t) => {
  for (const alg of ['ES256', 'PS256', 'EdDSA', 'RS256'])
    await t.test(alg, async () => {
      const client = await register(`an-${alg.toLowerCase()}`, { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg,
        introspection_signed_response_alg: alg, authorization_signed_response_alg: alg });
      const { json } = await tokens(client);
      const options = { issuer: env.SEN_ISSUER, audience: client.id, algorithms: [alg] };
      const { payload } = await jwtVerify(json.id_token, jwks, options);
      assert.equal(payload.sub, an.id);
      const answer = await info(json.access_token);
      assert.equal(answer.headers.get('content-type'), 'application/jwt');
      assert.equal((await jwtVerify(await answer.text(), jwks, options)).payload.sub, an.id);
      const introspected = await postAs(client, '/introspect', { token: json.access_token }, { accept: 'application/token-introspection+jwt' });
      assert.equal(introspected.headers.get('content-type'), 'application/token-introspection+jwt');
      const verified = await jwtVerify(introspected.text, jwks, { ...options, typ: 'token-introspection+jwt' });
      assert.equal(verified.payload.token_introspection.active, true);
      const request = await codeFor(an.agent, client, { response_mode: 'jwt' });
      assert.ok((await jwtVerify(request.answer.get('response'), jwks, options)).payload.code);
    });
});

test('encrypted to the client: ID token and userinfo, key in the metadata or at a jwks_uri', async (t) => {
  const rows = [['RSA-OAEP-256', 'A256GCM', { modulusLength: 2048 }], ['ECDH-ES', 'A128GCM', { crv: 'P-256' }], ['ECDH-ES+A256KW', 'A256GCM', { crv: 'X25519' }]];
  for (const [alg, enc, options] of rows)
    await t.test(`${alg} ${enc} ${options.crv ?? ''}`, async () => {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options });
      const key = { ...await exportJWK(publicKey), use: 'enc', alg };
      const document = JSON.stringify({ keys: [key] });
      const server = createServer((_, response) => response.end(document));
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      after(() => server.close());
      const registered = { id_token_encrypted_response_alg: alg, id_token_encrypted_response_enc: enc, userinfo_encrypted_response_alg: alg, userinfo_encrypted_response_enc: enc };
      for (const [name, keys] of [['here', { jwks: JSON.parse(document) }], ['there', { jwks_uri: `http://127.0.0.1:${server.address().port}/` }]]) {
        const client = await register(`an-${name}-${alg.toLowerCase().replace('+', '-')}`, { ...registered, ...keys });
        const { json } = await tokens(client, { scope: 'openid profile' });
        const inner = await compactDecrypt(json.id_token, privateKey);
        assert.equal(inner.protectedHeader.cty, 'JWT');
        const { payload } = await jwtVerify(Buffer.from(inner.plaintext).toString(), jwks, { issuer: env.SEN_ISSUER, audience: client.id });
        assert.equal(payload.sub, an.id);
        const answer = await compactDecrypt(await (await info(json.access_token)).text(), privateKey);
        assert.equal(JSON.parse(Buffer.from(answer.plaintext)).sub, an.id);
      }
    });
});

test('a client without a key for what it registered gets an error, never the clear text', async () => {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true });
  const client = await register('an-keyless', { id_token_encrypted_response_alg: 'RSA-OAEP-256', jwks: { keys: [{ ...await exportJWK(publicKey), use: 'sig' }] } });
  const answer = await tokens(client);
  assert.equal(answer.status, 503);
  assert.equal(answer.json.id_token, undefined);
});
