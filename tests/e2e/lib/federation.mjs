// Entities of a federation on loopback: each has keys, a configuration, and what it says of those below it.

import http from 'node:http';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

export const STATEMENT = 'entity-statement+jwt';
export const nowS = () => Math.floor(Date.now() / 1000);

export async function keyPair(alg = 'ES256') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...await exportJWK(publicKey), alg, use: 'sig' };
  jwk.kid = await calculateJwkThumbprint(jwk);
  return { jwk, jwks: { keys: [jwk] }, privateKey, alg };
}

// header and claims as given, signed by pair: also what no honest entity would say.
export const sign = (pair, claims, header = {}) => {
  const all = { alg: pair.alg, kid: pair.jwk.kid, typ: STATEMENT, ...header };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  return new SignJWT(claims).setProtectedHeader(all).sign(pair.privateKey);
};

export class Entity {
  constructor(claims = {}) {
    Object.assign(this, { claims, below: new Map(), asked: [], header: {}, replace: {}, delayMs: 0 });
  }

  async start(alg) {
    this.pair = await keyPair(alg);
    this.server = http.createServer((req, res) => { this.answer(req, res).catch((error) => { res.writeHead(500).end(String(error)); }); });
    await new Promise((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    this.id = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  times() { return { iat: nowS() - 5, exp: nowS() + 3600 }; }

  // Any of these may be made wrong by a test.
  configuration() {
    return sign(this.signer ?? this.pair, {
      iss: this.id, sub: this.id, ...this.times(), jwks: this.pair.jwks,
      metadata: { federation_entity: { federation_fetch_endpoint: `${this.id}/fetch` } }, ...this.claims,
    }, this.header);
  }

  // What this entity says of another: its keys, and more.
  vouch(sub, jwks, more = {}) { this.below.set(sub, { jwks, ...more }); }

  statement(sub) {
    const { signer, header, ...claims } = this.below.get(sub);
    return sign(signer ?? this.pair, { iss: this.id, sub, ...this.times(), ...claims }, header);
  }

  async answer(req, res) {
    const url = new URL(req.url, this.id);
    this.asked.push(req.url);
    if (this.delayMs) await new Promise((resolve) => { setTimeout(resolve, this.delayMs); });
    const replaced = this.replace[url.pathname];
    if (replaced) return replaced(res);
    if (url.pathname === '/.well-known/openid-federation')
      return res.writeHead(200, { 'content-type': `application/${STATEMENT}` }).end(await this.configuration());
    if (url.pathname === '/fetch' && this.below.has(url.searchParams.get('sub')))
      return res.writeHead(200, { 'content-type': `application/${STATEMENT}` }).end(await this.statement(url.searchParams.get('sub')));
    return res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not_found"}');
  }
}
