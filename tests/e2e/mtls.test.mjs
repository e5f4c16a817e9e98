// Clients with certificates (RFC 8705), through nginx on the listener that is theirs.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { after, before, test } from 'node:test';

import { decodeJwt } from 'jose';

import { post, until } from '../../deploy/driver/world.mjs';
import { ath, proof as dpop, register, signingKey } from './lib/clients.mjs';
import { restart, serverWith } from './lib/servers.mjs';
import { codeFor, env, official, p02, run } from './lib/world.mjs';

const issuer = new URL(env.SEN_ISSUER);
const folder = `${env.SEN_STATE}/mtls`;
const socket = `${env.SEN_STATE}/run/mtls.sock`;
const host = `127.0.0.4:${Number(issuer.port) + 6}`;
const base = `https://${host}`;
let nginx, an, named, selfSigned, bound, one, other;

function certificate(name, subject) {
  const file = (kind) => `${folder}/${name}.${kind}`;
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', subject,
    '-addext', `subjectAltName=DNS:${name}.example,IP:127.0.0.4`, '-keyout', file('key'), '-out', file('pem')], { stdio: 'ignore' });
  const pem = readFileSync(file('pem'), 'utf8');
  const der = new X509Certificate(pem).raw;
  return { key: readFileSync(file('key'), 'utf8'), cert: pem, x5t: createHash('sha256').update(der).digest('base64url'),
    x5c: [der.toString('base64')], jwk: new X509Certificate(pem).publicKey.export({ format: 'jwk' }) };
}

before(async () => {
  mkdirSync(folder, { recursive: true });
  const server = certificate('server', '/CN=server');
  one = certificate('one', '/C=VN/O=UBND tinh/CN=one');
  other = certificate('other', '/C=VN/O=UBND tinh/CN=other');
  const template = readFileSync('../../deploy/nginx/mtls.conf.in', 'utf8');
  writeFileSync(`${folder}/nginx.conf`, template.replaceAll('@LISTEN@', `${host} ssl`).replaceAll('@SERVER_NAME@', '127.0.0.4').replaceAll('@UPSTREAM@', `unix:${socket}`)
    .replaceAll('@VERIFY@', 'optional_no_ca').replaceAll('@ROOT@', folder).replaceAll('@TLS@', `ssl_certificate ${folder}/server.pem; ssl_certificate_key ${folder}/server.key;`));
  await serverWith('mtls', (conf) => conf.replace(/^listen = .*/m, (line) => `${line}\nmtls_base = ${base}\nmtls_listen = unix:${socket}`));
  nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-c', `${folder}/nginx.conf`, '-g', 'daemon off;'], { stdio: 'inherit' });
  await until('nginx', async () => (await mtls('/jwks')).status === 200, 10000);
  an = await official(p02);
  const grants = ['authorization_code', 'client_credentials'];
  [named, selfSigned, bound] = await Promise.all([
    register('mt-named', { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=one,O=UBND tinh,C=VN', grant_types: grants,
      tls_client_certificate_bound_access_tokens: true }),
    register('mt-self', { token_endpoint_auth_method: 'self_signed_tls_client_auth', grant_types: grants, jwks: { keys: [{ ...one.jwk, x5c: one.x5c }] } }),
    register('mt-bound', { grant_types: grants, tls_client_certificate_bound_access_tokens: true }),
  ]);
});

after(async () => {
  nginx?.kill('SIGTERM');
  await new Promise((resolve) => nginx?.on('exit', resolve));
  await restart();
});

const mtls = (path, { pair, form, headers = {}, to = host } = {}) => new Promise((resolve, reject) => {
  const [hostname, port] = to.split(':');
  const rq = httpsRequest({ hostname, port, path, method: form ? 'POST' : 'GET', rejectUnauthorized: false, ...(pair ? { key: pair.key, cert: pair.cert } : {}),
    headers: { ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}), ...headers } }, (answer) => {
    let text = '';
    answer.on('data', (chunk) => { text += chunk; });
    answer.on('end', () => resolve({ status: answer.statusCode, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }));
  });
  rq.on('error', reject);
  rq.end(form ? String(new URLSearchParams(form)) : undefined);
});

const cc = (client) => ({ grant_type: 'client_credentials', client_id: client.id });

test('discovery names the addresses for mutual TLS', async () => {
  const metadata = await (await fetch(`${env.SEN_ISSUER}/.well-known/openid-configuration`)).json();
  assert.equal(metadata.mtls_endpoint_aliases.token_endpoint, `${base}/token`);
  assert.ok(metadata.token_endpoint_auth_methods_supported.includes('tls_client_auth'));
  assert.equal(metadata.tls_client_certificate_bound_access_tokens, true);
});

test('tls_client_auth: the registered name, no other, and not without a certificate', async () => {
  const good = await mtls('/token', { pair: one, form: cc(named) });
  assert.equal(good.status, 200);
  assert.equal(decodeJwt(good.json.access_token).cnf['x5t#S256'], one.x5t);
  assert.equal((await mtls('/token', { pair: other, form: cc(named) })).json.error, 'invalid_client');
  assert.equal((await mtls('/token', { form: cc(named) })).json.error, 'invalid_client');
  assert.equal((await mtls('/token', { pair: one, form: { ...cc(named), client_secret: 'x'.repeat(40) } })).json.error, 'invalid_client');
});

test('self_signed_tls_client_auth: the registered certificate only', async () => {
  assert.equal((await mtls('/token', { pair: one, form: cc(selfSigned) })).status, 200);
  assert.equal((await mtls('/token', { pair: other, form: cc(selfSigned) })).json.error, 'invalid_client');
  // RFC 8705 §3.4: only what registered it is bound to the certificate.
  const { json } = await mtls('/token', { pair: one, form: cc(selfSigned) });
  assert.equal(decodeJwt(json.access_token).cnf, undefined);
});

test('self_signed_tls_client_auth: the certificates at a jwks_uri, also one that came later', async () => {
  let served = { keys: [{ ...one.jwk, x5c: one.x5c }] }, status = 200, hits = 0;
  const server = createServer((_, answer) => {
    hits++;
    answer.writeHead(status, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify(served));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const remote = (name, path) => register(name, { token_endpoint_auth_method: 'self_signed_tls_client_auth', grant_types: ['client_credentials'],
    redirect_uris: undefined, jwks_uri: `http://127.0.0.1:${server.address().port}/${path}` });
  const client = await remote('mt-remote', 'jwks');
  for (let i = 0; i < 3; i++) assert.equal((await mtls('/token', { pair: one, form: cc(client) })).status, 200);
  assert.equal(hits, 1, 'fetched once for many');
  assert.equal((await mtls('/token', { pair: other, form: cc(client) })).json.error, 'invalid_client');
  assert.equal((await mtls('/token', { form: cc(client) })).json.error, 'invalid_client');
  served = { keys: [{ ...one.jwk, x5c: one.x5c }, { ...other.jwk, x5c: other.x5c }] };
  await until('the new certificate is found', async () => (await mtls('/token', { pair: other, form: cc(client) })).status === 200, 20000);
  status = 500;
  const unreachable = await mtls('/token', { pair: one, form: cc(await remote('mt-away', 'away')) });
  assert.equal(unreachable.status, 503, 'can be tried again');
  assert.equal(unreachable.json.access_token, undefined);
});

test('the header is believed from the proxy alone', async () => {
  const header = { 'x-ssl-client-cert': encodeURIComponent(one.cert) };
  assert.equal((await post(`${env.SEN_ISSUER}/token`, cc(named), header)).json.error, 'invalid_client', 'on the listener for everybody');
  assert.equal((await mtls('/token', { form: cc(named), headers: header })).json.error, 'invalid_client', 'through the proxy, written by the client');
});

test('tokens that are bound to a certificate are taken with it alone', async () => {
  const { answer, proof } = await codeFor(an.agent, bound);
  const form = { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: bound.redirect, code_verifier: proof.verifier };
  const authorization = `Basic ${Buffer.from(`${bound.id}:${bound.secret()}`).toString('base64')}`;
  const { json } = await mtls('/token', { pair: one, form, headers: { authorization } });
  assert.equal(decodeJwt(json.access_token).cnf['x5t#S256'], one.x5t);
  const info = (how) => mtls('/userinfo', { ...how, headers: { authorization: `Bearer ${json.access_token}` } });
  assert.equal((await info({ pair: one })).status, 200);
  assert.equal((await info({ pair: other })).status, 401);
  assert.equal((await info({})).status, 401);
  assert.equal((await fetch(`${env.SEN_ISSUER}/userinfo`, { headers: { authorization: `Bearer ${json.access_token}` } })).status, 401);
  const again = await codeFor(an.agent, bound);
  const without = await mtls('/token', { headers: { authorization }, form: { ...form, code: again.answer.get('code'), code_verifier: again.proof.verifier } });
  assert.equal(without.json.error, 'invalid_request');
});

// RFC 8705 §5: userinfo has this address as well, and so a proof may name it.
test('a DPoP proof names the address that it is sent to', async () => {
  const key = await signingKey('ES256');
  const client = await register('mt-dpop', { dpop_bound_access_tokens: true });
  const { answer, proof } = await codeFor(an.agent, client);
  const { json } = await mtls('/token', { form: { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: client.redirect, code_verifier: proof.verifier },
    headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret()}`).toString('base64')}`, dpop: await dpop(key, 'POST', `${base}/token`) } });
  assert.equal(decodeJwt(json.access_token).cnf.jkt, key.jkt);
  const info = async (htu) => (await mtls('/userinfo', { headers: { authorization: `DPoP ${json.access_token}`,
    dpop: await dpop(key, 'GET', htu, { ath: ath(json.access_token) }) } })).status;
  assert.equal(await info(`${base}/userinfo`), 200);
  assert.equal(await info(`${env.SEN_ISSUER}/userinfo`), 200);
  assert.equal(await info('https://127.0.0.9/userinfo'), 401);
});
