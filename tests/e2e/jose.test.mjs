// Our JOSE against two others, each algorithm in both directions: npm jose and Debian's jose(1).

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { X509Certificate, createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import * as jose from 'jose';

import { env } from './lib/world.mjs';

const run = promisify(execFile);
const ALGS = ['ES256', 'PS256', 'RS256', 'EdDSA'];
const CLAIMS = { iss: 'https://client.example', sub: 'Nguyễn Thị Hà', n: 1 };

// One line in, one line out, in order.
class Peer {
  constructor(program) {
    this.child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = [];
    createInterface({ input: this.child.stdout }).on('line', (line) => this.waiting.shift()(JSON.parse(line)));
  }

  ask(what, values) {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin.write(`${JSON.stringify({ do: what, ...values })}\n`);
    });
  }

  close() { this.child.stdin.end(); }
}

let sen, dir;

before(() => {
  sen = new Peer(`${env.SEN_STATE}/bin/jose_peer`);
  dir = mkdtempSync(join(tmpdir(), 'sen-jose-'));
});
after(() => {
  sen.close();
  rmSync(dir, { recursive: true });
});

// Debian's jose, with its input as files.
async function debianJose(args, files = {}) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o600 });
  return (await run('jose', args, { cwd: dir })).stdout;
}

const jwksOf = (...keys) => JSON.stringify({ keys });
const keyPair = (alg, options = {}) => jose.generateKeyPair(alg, { extractable: true, ...options });

for (const alg of ALGS) {
  test(`${alg}: npm jose signs, we verify`, async () => {
    for (const modulusLength of alg.endsWith('S256') && alg !== 'ES256' ? [2048, 3072, 4096] : [undefined]) {
      const { publicKey, privateKey } = await keyPair(alg, modulusLength ? { modulusLength } : {});
      const jwk = { ...await jose.exportJWK(publicKey), kid: 'https://client.example/keys/1' };
      const token = await new jose.SignJWT(CLAIMS).setProtectedHeader({ alg, kid: jwk.kid }).sign(privateKey);
      const answer = await sen.ask('verify', { alg, token, jwks: jwksOf(jwk) });
      assert.deepEqual(JSON.parse(answer.payload), CLAIMS);
      for (const other of ALGS.filter((name) => name !== alg)) {
        assert.deepEqual(await sen.ask('verify', { alg: other, token, jwks: jwksOf(jwk) }), { refused: true });
      }
    }
  });

  test(`${alg}: we sign, npm jose verifies`, async () => {
    const { der, jwk } = await sen.ask('generate', { alg });
    const { token } = await sen.ask('sign', { alg, der, typ: 'JWT', payload: JSON.stringify(CLAIMS) });
    const { payload, protectedHeader } = await jose.jwtVerify(token, jose.createLocalJWKSet({ keys: [jwk] }), { algorithms: [alg] });
    assert.deepEqual(payload, CLAIMS);
    assert.deepEqual(protectedHeader, { alg, kid: jwk.kid, typ: 'JWT' });
    assert.equal(await jose.calculateJwkThumbprint(jwk), jwk.kid);
    if (alg !== 'ES256' && alg !== 'EdDSA') assert.equal(Buffer.from(jwk.n, 'base64url').length, 384);
  });

  test(`${alg}: a DPoP proof of npm jose`, async () => {
    const { publicKey, privateKey } = await keyPair(alg);
    const jwk = await jose.exportJWK(publicKey);
    const token = await new jose.SignJWT({ htm: 'POST', htu: 'https://sso.example/token', jti: 'a' })
      .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk }).sign(privateKey);
    const answer = await sen.ask('verify_proof', { token });
    assert.equal(answer.thumbprint, await jose.calculateJwkThumbprint(jwk));
    const other = await jose.exportJWK((await keyPair(alg)).publicKey);
    const header = Buffer.from(JSON.stringify({ alg, typ: 'dpop+jwt', jwk: other })).toString('base64url');
    assert.deepEqual(await sen.ask('verify_proof', { token: [header, ...token.split('.').slice(1)].join('.') }), { refused: true });
  });
}

test('HS256: npm jose signs, we verify', async () => {
  const secret = randomBytes(32).toString('base64url');
  const token = await new jose.SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(Buffer.from(secret));
  assert.deepEqual(JSON.parse((await sen.ask('verify_secret', { token, secret })).payload), CLAIMS);
  assert.deepEqual(await sen.ask('verify_secret', { token, secret: `${secret}x` }), { refused: true });
});

// jose(1) knows no EdDSA.
for (const alg of ALGS.filter((name) => name !== 'EdDSA')) {
  test(`${alg}: jose(1) signs, we verify`, async () => {
    const jwk = await debianJose(['jwk', 'gen', '-i', JSON.stringify({ alg })]);
    const pub = JSON.parse(await debianJose(['jwk', 'pub', '-i', 'key.jwk'], { 'key.jwk': jwk }));
    const token = (await debianJose(['jws', 'sig', '-I', 'payload', '-k', 'key.jwk', '-c'], { payload: JSON.stringify(CLAIMS) })).trim();
    const answer = await sen.ask('verify', { alg, token, jwks: jwksOf(pub) });
    assert.deepEqual(JSON.parse(answer.payload), CLAIMS);
    // What a person would upload by mistake.
    assert.deepEqual(await sen.ask('verify', { alg, token, jwks: jwksOf(JSON.parse(jwk)) }), { refused: true });
  });

  test(`${alg}: we sign, jose(1) verifies`, async () => {
    const { der, jwk } = await sen.ask('generate', { alg });
    const { token } = await sen.ask('sign', { alg, der, typ: 'JWT', payload: JSON.stringify(CLAIMS) });
    const out = await debianJose(['jws', 'ver', '-i', 'token', '-k', 'pub.jwk', '-O', '-'], { token, 'pub.jwk': JSON.stringify(jwk) });
    assert.deepEqual(JSON.parse(out), CLAIMS);
    const [head, payload, signature] = token.split('.');
    const changed = `${head}.${payload}.${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`;
    await assert.rejects(debianJose(['jws', 'ver', '-i', 'token', '-k', 'pub.jwk', '-O', '-'], { token: changed }));
  });
}

const RECIPIENTS = [
  ['RSA-OAEP-256', { modulusLength: 2048 }], ['RSA-OAEP-256', { modulusLength: 4096 }],
  ['ECDH-ES', { crv: 'P-256' }], ['ECDH-ES', { crv: 'X25519' }],
  ['ECDH-ES+A256KW', { crv: 'P-256' }], ['ECDH-ES+A256KW', { crv: 'X25519' }],
];

for (const [alg, options] of RECIPIENTS) {
  for (const enc of ['A256GCM', 'A128GCM']) {
    test(`${alg} ${Object.values(options)} ${enc}: we encrypt, npm jose decrypts`, async () => {
      const { publicKey, privateKey } = await keyPair(alg, options);
      const jwk = { ...await jose.exportJWK(publicKey), kid: 'enc "1"', use: 'enc' };
      const { token } = await sen.ask('encrypt', { alg, enc, cty: 'JWT', payload: 'a.b.c', jwks: jwksOf(jwk) });
      const { plaintext, protectedHeader } = await jose.compactDecrypt(token, privateKey,
        { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] });
      assert.equal(Buffer.from(plaintext).toString(), 'a.b.c');
      assert.equal(protectedHeader.kid, 'enc "1"');
      assert.equal(protectedHeader.cty, 'JWT');
    });
  }
}

// jose(1) of Debian is built without RSA-OAEP.
for (const alg of ['ECDH-ES', 'ECDH-ES+A256KW']) {
  test(`${alg}: we encrypt, jose(1) decrypts`, async () => {
    const key = await debianJose(['jwk', 'gen', '-i', JSON.stringify({ kty: 'EC', crv: 'P-256' })]);
    const pub = JSON.parse(await debianJose(['jwk', 'pub', '-i', 'enc.jwk'], { 'enc.jwk': key }));
    const { token } = await sen.ask('encrypt', { alg, enc: 'A256GCM', payload: JSON.stringify(CLAIMS), jwks: jwksOf(pub) });
    const out = await debianJose(['jwe', 'dec', '-i', 'token', '-k', 'enc.jwk'], { token });
    assert.deepEqual(JSON.parse(out), CLAIMS);
  });
}

test('a signed token inside an encrypted one, as an ID token is sent', async () => {
  const { der, jwk } = await sen.ask('generate', { alg: 'ES256' });
  const { publicKey, privateKey } = await keyPair('ECDH-ES', { crv: 'P-256' });
  const inner = (await sen.ask('sign', { alg: 'ES256', der, typ: 'JWT', payload: JSON.stringify(CLAIMS) })).token;
  const { token } = await sen.ask('encrypt', {
    alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', payload: inner, jwks: jwksOf(await jose.exportJWK(publicKey)),
  });
  const { plaintext } = await jose.compactDecrypt(token, privateKey);
  const { payload } = await jose.jwtVerify(Buffer.from(plaintext).toString(), jose.createLocalJWKSet({ keys: [jwk] }));
  assert.deepEqual(payload, CLAIMS);
});

test('a certificate: thumbprint and key as Node sees them', async () => {
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'cert.key', '-out', 'cert.pem', '-days', '2',
    '-subj', '/C=VN/O=Sở Thông tin/CN=client.example', '-utf8'], { cwd: dir });
  const pem = readFileSync(join(dir, 'cert.pem'), 'utf8');
  const cert = new X509Certificate(pem);
  const jwk = cert.publicKey.export({ format: 'jwk' });
  const answer = await sen.ask('certificate', { text: encodeURIComponent(pem), jwks: jwksOf(jwk) });
  assert.equal(answer.thumbprint, createHash('sha256').update(cert.raw).digest('base64url'));
  assert.equal(answer.subject, 'CN=client.example,O=Sở Thông tin,C=VN');
  assert.equal(answer.registered, true);
  const byChain = await sen.ask('certificate', { text: pem, jwks: jwksOf({ kty: 'RSA', x5c: [cert.raw.toString('base64')] }) });
  assert.equal(byChain.registered, true);
  const other = await jose.exportJWK((await keyPair('RS256')).publicKey);
  assert.equal((await sen.ask('certificate', { text: pem, jwks: jwksOf(other) })).registered, false);
});
