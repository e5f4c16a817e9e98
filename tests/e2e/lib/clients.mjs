// Clients of a test's own, registered by the operator's command, and the JWTs that they sign.

import { readFileSync, writeFileSync } from 'node:fs';
import { createHash, randomBytes, randomUUID } from 'node:crypto';

import { setTimeout as sleep } from 'node:timers/promises';

import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

import { basic, post, senctl, until } from '../../../deploy/driver/world.mjs';
import { env } from './world.mjs';

const folder = process.env.TMPDIR ?? '/tmp';

// By "senctl bootstrap client"; waits until the server knows it.  With a secret where the method needs one.
export async function register(id, metadata = {}) {
  const method = metadata.token_endpoint_auth_method ?? 'client_secret_basic';
  const file = `${folder}/client-${id}.json`;
  const secretFile = `${folder}/client-${id}.secret`;
  const client = {
    client_id: id, client_name: `Ứng dụng ${id}`, redirect_uris: [`https://${id}.example/cb`], grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile email unit roles offline_access', token_endpoint_auth_method: method,
    ...(method.startsWith('client_secret') ? { secret_file: secretFile } : {}), ...metadata,
  };
  writeFileSync(file, JSON.stringify(client), { mode: 0o600 });
  await senctl(env, ['bootstrap', 'client', file]);
  // Servers look for changes ten times a second; a client with an address shows it.
  if (client.redirect_uris) await until(`client ${id}`, () => knows(id, client.redirect_uris[0]));
  else await sleep(500);
  return { id, redirect: client.redirect_uris?.[0], method, secret: () => readFileSync(secretFile, 'utf8').trim() };
}

const knows = async (id, redirect) => {
  const url = new URL(`${env.SEN_ISSUER}/authorize`);
  url.search = new URLSearchParams({ client_id: id, redirect_uri: redirect });
  return (await fetch(url, { redirect: 'manual' })).status === 303;
};

export async function signingKey(alg) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...await exportJWK(publicKey), alg, use: 'sig', kid: randomUUID() };
  return { alg, privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) };
}

export const jwksOf = (...keys) => ({ keys: keys.map((key) => key.jwk) });

export const jwt = (key, claims, header = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.jwk.kid, ...header }).sign(key.privateKey);

export const now = () => Math.floor(Date.now() / 1000);

// RFC 7523 §3, as parameters of a request.
export async function assertion(client, key, change = {}) {
  const claims = { iss: client.id, sub: client.id, aud: env.SEN_ISSUER, jti: randomUUID(), iat: now(), exp: now() + 60, ...change };
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await jwt(key, Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))),
  };
}

// RFC 9449 §4.2.
export async function proof(key, method, url, change = {}, header = {}) {
  const { kid, use, alg, ...jwk } = key.jwk;
  const claims = { jti: randomUUID(), htm: method, htu: url, iat: now(), ...change };
  return new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)))
    .setProtectedHeader({ alg: key.alg, typ: 'dpop+jwt', jwk, ...header }).sign(key.privateKey);
}

export const ath = (token) => createHash('sha256').update(token).digest('base64url');
export const random = () => randomBytes(8).toString('hex');

// POST with the client's secret, by the method that it registered.
export const postAs = (client, path, form, headers = {}) => (client.method === 'client_secret_post'
  ? post(`${env.SEN_ISSUER}${path}`, { client_id: client.id, client_secret: client.secret(), ...form }, headers)
  : post(`${env.SEN_ISSUER}${path}`, form, { ...basic(client.id, client.secret()), ...headers }));
