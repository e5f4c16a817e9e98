// A relying party's end of back-channel logout, as strict as OpenID Connect Back-Channel Logout 1.0 §2.6
// allows, on a real socket; and its registration as a client.

import http from 'node:http';
import { writeFileSync } from 'node:fs';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

import { senctl } from '../../../deploy/driver/world.mjs';
import { env } from './world.mjs';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const jwks = createRemoteJWKSet(new URL(`${env.SEN_ISSUER}/jwks`), { cooldownDuration: 0 });

// §2.6, step by step; throws what is wrong.
async function validate(token, clientId, alg, seen) {
  const header = decodeProtectedHeader(token);
  const { payload } = await jwtVerify(token, jwks, {
    issuer: env.SEN_ISSUER, audience: clientId, typ: 'logout+jwt', algorithms: [alg], clockTolerance: 2,
    requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'events'],
  });
  const fault = (text) => { throw new Error(`${text}: ${JSON.stringify(payload)}`); };
  if (!header.kid) fault('no kid');
  if (payload.aud !== clientId) fault('aud is not the client alone');
  if (!payload.sub && !payload.sid) fault('neither sub nor sid');
  if (Object.keys(payload.events).join() !== EVENT || JSON.stringify(payload.events[EVENT]) !== '{}') fault('events');
  if ('nonce' in payload) fault('there is a nonce');
  if (payload.exp - payload.iat > 120) fault('lives too long');
  if (seen.has(payload.jti)) fault('jti was used before');
  seen.add(payload.jti);
  return { ...payload, kid: header.kid };
}

export class Receiver {
  constructor(id) {
    Object.assign(this, { id, mode: 'ok', tokens: [], faults: [], hits: 0, strays: 0, seen: new Set(), port: 0 });
  }

  async start() {
    this.server = http.createServer((req, res) => this.serve(req, res).catch((error) => {
      this.faults.push(error.message);
      res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_request"}');
    }));
    await new Promise((resolve, reject) => this.server.on('error', reject).listen(this.port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  async serve(req, res) {
    let text = '';
    try {
      for await (const chunk of req) text += chunk;
    } catch {
      return undefined; // the sender was killed amid its request: nothing was said
    }
    if (req.url !== '/logout') {
      this.strays += 1;
      return res.writeHead(200).end();
    }
    this.hits += 1;
    if (this.mode === 'redirect') return res.writeHead(307, { location: `http://127.0.0.1:${this.port}/elsewhere` }).end();
    if (this.mode === 'broken') return res.writeHead(500).end();
    if (req.method !== 'POST' || req.headers['content-type'] !== 'application/x-www-form-urlencoded') throw new Error('not a form');
    const form = new URLSearchParams(text);
    if ([...form.keys()].join() !== 'logout_token') throw new Error(`fields: ${[...form.keys()]}`);
    const payload = await validate(form.get('logout_token'), this.id, this.alg ?? 'ES256', this.seen);
    this.tokens.push(payload);
    if (this.mode === 'slow') await new Promise((resolve) => { setTimeout(resolve, 8000); });
    if (this.mode === 'refuse') return res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_request"}');
    return res.writeHead(200, { 'cache-control': 'no-store' }).end();
  }

  // As a client of sen; more: further metadata, e.g. platform.
  async register(more = {}) {
    const file = `${env.SEN_STATE}/client-${this.id}.json`;
    writeFileSync(file, JSON.stringify({
      client_id: this.id, client_name: this.id, token_endpoint_auth_method: 'client_secret_basic', secret_file: `${env.SEN_STATE}/secrets/${this.id}.secret`,
      grant_types: ['authorization_code', 'refresh_token'], redirect_uris: [`http://127.0.0.1:${this.port}/callback`],
      post_logout_redirect_uris: [`http://127.0.0.1:${this.port}/logged-out`], scope: 'openid profile',
      backchannel_logout_uri: `http://127.0.0.1:${this.port}/logout`, ...more,
    }));
    await senctl(env, ['bootstrap', 'client', file]);
    this.alg = more.id_token_signed_response_alg;
    this.redirect = `http://127.0.0.1:${this.port}/callback`;
    return this;
  }

  of(sid) { return this.tokens.filter((token) => token.sid === sid); }
}
