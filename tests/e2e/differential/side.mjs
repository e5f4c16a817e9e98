// One of the two servers, with an official who is signed in: what the requests of the table are made of.

import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { now } from '../lib/clients.mjs';
import { Agent, env, fieldOf, official, p02, sql } from '../lib/world.mjs';
import { senctlJson } from '../../../deploy/driver/world.mjs';
import { keys } from './clients.mjs';
import { forge } from './forge.mjs';
import { initialAccessToken } from './peer.mjs';
import { keepCookies, send } from './wire.mjs';

export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'; // RFC 7636 appendix B
export const challenge = createHash('sha256').update(verifier).digest('base64url');

const basic = (id, secret) => `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
export { basic };

class Side {
  constructor(name, issuer, clients) {
    Object.assign(this, { name, issuer, clients });
  }

  send(request) {
    return send(this.issuer, request);
  }

  async visit(cookies, request) {
    const answer = await this.send({ ...request, cookies });
    keepCookies(cookies, answer);
    return answer;
  }

  // A request that is good, for a client of the table.
  authorizeParams(name, change = {}) {
    const client = this.clients[name];
    return {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: client.redirect,
      scope: 'openid profile',
      state: 'st-1',
      nonce: 'no-1',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...change,
    };
  }

  // RFC 7523 §3
  assertion(name, change = {}, header = {}, key = keys.signer) {
    const client = this.clients[name];
    const claims = { iss: client.id, sub: client.id, aud: this.issuer, jti: randomUUID(), iat: now(), exp: now() + 60, ...change };
    if (client.method !== 'private_key_jwt' && key === keys.signer) return forge({ alg: 'HS256', ...header }, claims, client.secret);
    return forge({ alg: key.alg, kid: key.jwk.kid, ...header }, claims, key);
  }

  // How the client proves who it is: {headers, form}.
  async credentials(name, change, header) {
    const { id, secret, method } = this.clients[name];
    if (method === 'client_secret_basic') return { headers: { authorization: basic(id, secret) }, form: {} };
    if (method === 'client_secret_post') return { headers: {}, form: { client_id: id, client_secret: secret } };
    if (method === 'none') return { headers: {}, form: { client_id: id } };
    return {
      headers: {},
      form: {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await this.assertion(name, change, header),
      },
    };
  }

  async post(path, name, form, headers = {}) {
    const by = await this.credentials(name);
    const answer = await this.send({ method: 'POST', path, form: { ...by.form, ...form }, headers: { ...by.headers, ...headers } });
    return { ...answer, json: answer.text.startsWith('{') ? JSON.parse(answer.text) : undefined };
  }

  // RFC 9449 §4.2
  dpop(method, path, change, header, key = keys.dpop) {
    const { kid, use, alg, ...jwk } = key.jwk;
    return forge(
      { alg, typ: 'dpop+jwt', jwk, ...header },
      { jti: randomUUID(), htm: method, htu: `${this.issuer}${path}`, iat: now(), ...change },
      key,
    );
  }

  // The answer to an authorization request, through the pages on the way.
  async authorize(name, change, cookies = this.cookies) {
    let answer = await this.visit(cookies, {
      path: '/authorize',
      query: this.authorizeParams(name, change),
      headers: { accept: 'text/html' },
    });
    for (let page = 0; page < 3 && !this.isAtClient(answer); page += 1) answer = await this.answerPage(cookies, answer);
    const { hash, searchParams } = new URL(answer.headers.location);
    return hash ? new URLSearchParams(hash.slice(1)) : searchParams;
  }

  isAtClient(answer) {
    return answer.headers.location && !answer.headers.location.startsWith('/') && !answer.headers.location.startsWith(this.issuer);
  }

  async code(name, change, cookies) {
    const answer = await this.authorize(name, change, cookies);
    if (!answer.get('code')) throw new Error(`${this.name}: no code for ${name}: ${answer}`);
    return answer.get('code');
  }

  async tokens(name, change, cookies, headers = {}) {
    const code = await this.code(name, change, cookies);
    const { status, text, json } = await this.post(
      '/token',
      name,
      { grant_type: 'authorization_code', code, redirect_uri: this.clients[name].redirect, code_verifier: verifier },
      headers,
    );
    if (status !== 200) throw new Error(`${this.name}: no tokens for ${name}: ${status} ${text}`);
    return json;
  }

  async machineToken(name, form = {}) {
    const { json } = await this.post('/token', name, { grant_type: 'client_credentials', ...form });
    return json.access_token;
  }

  async push(name, change = {}, headers = {}) {
    const { status, text, json } = await this.post('/par', name, this.authorizeParams(name, change), headers);
    if (status !== 201) throw new Error(`${this.name}: not pushed: ${status} ${text}`);
    return json.request_uri;
  }

  // The page that a redirect to the server itself leads to: what a browser would show.
  async follow(request, first) {
    const cookies = request.cookies ?? new Map();
    let answer = first;
    keepCookies(cookies, answer);
    for (let hop = 0; hop < 3 && answer.headers.location && !this.isAtClient(answer); hop += 1)
      answer = await this.visit(cookies, { path: answer.headers.location.replace(this.issuer, ''), headers: { accept: 'text/html' } });
    return answer;
  }

  // A token of a client whose tokens live ten seconds, when it has passed.
  async expiredToken() {
    await sleep(Math.max(0, this.shortSince + 11100 - Date.now()));
    return this.short;
  }

  // The session is older than a second.
  async untilAged() {
    await sleep(Math.max(0, this.shortSince + 2100 - Date.now()));
  }

  async begin() {
    this.cookies = await this.newSession();
    this.short = (await this.tokens('short')).access_token;
    this.shortSince = Date.now();
  }

  async newSession() {
    const cookies = new Map();
    await this.authorize('basic', {}, cookies);
    return cookies;
  }
}

export class Sen extends Side {
  async start() {
    this.user = await official(p02);
    const made = await senctlJson(env, ['bootstrap', 'token', '--uses', '1000', '--days', '1', '--label', 'differential']);
    this.initialAccessToken = made.token;
    await this.begin();
  }

  async answerPage(cookies, page) {
    const flow = fieldOf(page.text, 'flow');
    if (/<form id="login"/.test(page.text)) {
      const agent = new Agent(this.issuer);
      agent.cookies = cookies;
      const answer = await agent.signIn(page, this.user.login, this.user.password);
      return { status: answer.status, headers: { location: answer.location }, text: answer.text };
    }
    if (/<form id="consent"/.test(page.text))
      return this.visit(cookies, { method: 'POST', path: '/consent', form: { flow, csrf: fieldOf(page.text, 'csrf'), decision: 'allow' } });
    throw new Error(`sen: a page that leads nowhere: ${page.status} ${page.text.slice(0, 600)}`);
  }

  async signOut(cookies, hint) {
    await this.visit(cookies, { path: '/logout', query: { id_token_hint: hint } });
  }

  // As if a minute had passed since a refresh token was exchanged, a code or a pushed request was issued.
  async passMinute(what) {
    const statement = {
      refresh: "UPDATE sen.token_family SET rotated_at = rotated_at - interval '1 min' WHERE account_id = $1",
      code: "UPDATE sen.auth_code SET expires_at = now() - interval '1 s' WHERE account_id = $1 AND used_at IS NULL",
      push: "UPDATE sen.pushed_request SET expires_at = now() - interval '1 s' WHERE client_id = 'df-basic' AND $1 <> '' AND used_at IS NULL",
    };
    await sql(statement[what], this.user.id);
  }
}

export class Peer extends Side {
  constructor(name, peer, clients) {
    super(name, peer.issuer, clients);
    this.storage = peer.storage;
    this.initialAccessToken = initialAccessToken;
  }

  start() {
    return this.begin();
  }

  async answerPage(cookies, answer) {
    const location = answer.headers.location ?? '';
    const { pathname } = new URL(location, this.issuer);
    if (!location) throw new Error(`oidc-provider: a page that leads nowhere: ${answer.status} ${answer.text.slice(0, 600)}`);
    if (!pathname.startsWith('/interaction/')) return this.visit(cookies, { path: pathname });
    return this.visit(cookies, { method: 'POST', path: pathname, headers: { 'x-account': 'an' } });
  }

  // Without a session its sign-out page sends itself, by a script.
  async follow(request, first) {
    const answer = await super.follow(request, first);
    if (!/name="logout" value="yes"/.test(answer.text)) return answer;
    const sent = await this.visit(request.cookies, {
      method: 'POST',
      path: '/logout/confirm',
      form: { xsrf: fieldOf(answer.text, 'xsrf'), logout: 'yes' },
    });
    return super.follow(request, sent);
  }

  async signOut(cookies, hint) {
    const page = await this.visit(cookies, { path: '/logout', query: { id_token_hint: hint } });
    await this.visit(cookies, { method: 'POST', path: '/logout/confirm', form: { xsrf: fieldOf(page.text, 'xsrf'), logout: 'yes' } });
  }

  // Its codes, tokens and pushed requests are objects of the library: the newest ones are made a minute older.
  async passMinute(what) {
    if (what === 'refresh') return;
    const model = { code: 'AuthorizationCode', push: 'PushedAuthorizationRequest' }[what];
    for (const [key, entry] of this.storage) {
      if (!key.startsWith(`${model}:`) || !entry.exp) continue;
      entry.exp -= 120;
    }
  }
}
