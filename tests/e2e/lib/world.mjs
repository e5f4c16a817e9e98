// The running stack of the tests, an administrator in it, and officials on demand.

import { readFileSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { basic, post, readEnv, secret, senctl } from '../../../deploy/driver/world.mjs';
import { Agent, authorizeUrl, fieldOf } from './agent.mjs';
import { psql } from './psql.mjs';

const run = promisify(execFile);
export const env = readEnv(process.env.SEN_E2E_ENV);

export const p02 = { id: 'p02', redirect: `${env.P02_RP}/callback`, secret: () => secret(env.P02_CLIENT_SECRET_FILE), role: env.P02_ROLE };
export const p03 = { id: 'p03', redirect: `${env.P03_RP}/oidc/callback`, secret: () => secret(env.P03_CLIENT_SECRET_FILE), role: env.P03_ROLE };

// psql as the superuser of the private cluster; rows as arrays of strings.
export async function sql(text, ...values) {
  const out = await psql(env.SEN_PG_SUPER, text.replace(/\$(\d+)/g, (_, n) => `:'v${n}'`), values);
  return out.split('\n').filter(Boolean).map((line) => line.split('\x1f'));
}

export const goodPassword = () => `Qv7-${randomBytes(12).toString('base64url')}-Lm`;

const known = (login) => new Administrator(new Agent(env.SEN_ISSUER), login, readFileSync(`${env.SEN_STATE}/secrets/account-${login}.password`, 'utf8'));
let admin, second;
// The first administrator, signed in; api() uses his token and renews it.  The second is for what two do.
export async function administrator() {
  return (admin ??= known(env.SEN_ADMIN_LOGIN));
}
export async function secondAdministrator() {
  return (second ??= known(env.SEN_SECOND_LOGIN));
}


// A scope, given by the first administrator, and by the second where it hands out what needs approval.
export async function handOn(body) {
  const answer = await (await administrator()).api('POST', '/admin-scopes', body);
  return answer.status === 202 ? (await secondAdministrator()).api('POST', '/admin-scopes', body) : answer;
}

const senctlClient = { id: 'senctl', redirect: 'http://127.0.0.1:9/callback' };

export class Administrator {
  constructor(agent, login, password) {
    Object.assign(this, { agent, login, password, token: undefined, until: 0 });
  }

  // One renewal at a time, whoever asks.
  accessToken() {
    if (Date.now() < this.until) return this.token;
    this.pending ??= this.renew().finally(() => { this.pending = undefined; });
    return this.pending;
  }

  async renew() {
    const { url, proof } = authorizeUrl(env, senctlClient, { scope: 'openid admin' });
    let answer = await this.agent.request(url);
    if (answer.status === 200) answer = await this.agent.signIn(answer, this.login, this.password);
    const code = new URL(answer.location).searchParams.get('code');
    const { json } = await post(`${env.SEN_ISSUER}/token`, {
      grant_type: 'authorization_code', client_id: 'senctl', code, redirect_uri: senctlClient.redirect, code_verifier: proof.verifier,
    });
    this.token = json.access_token;
    this.until = Date.now() + (json.expires_in - 10) * 1000;
    return this.token;
  }

  api(method, path, body = method === 'POST' ? {} : undefined, extra = {}) {
    return insist(() => this.send(method, path, body, extra));
  }

  async send(method, path, body, extra) {
    const answer = await fetch(`${env.SEN_API}${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.accessToken()}`, ...(body ? { 'content-type': 'application/json' } : {}), ...extra },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await answer.text();
    return { status: answer.status, text, json: text ? JSON.parse(text) : undefined, headers: answer.headers };
  }
}

// senctl in somebody's name, with the token that api() uses.
export async function senctlAs(who, args) {
  const tokenFile = `${env.SEN_STATE}/tmp/senctl-${who.login}-${process.pid}.json`;
  writeFileSync(tokenFile, JSON.stringify({ issuer: env.SEN_ISSUER, token_endpoint: `${env.SEN_ISSUER}/token`, access_token: await who.accessToken(),
    expires_at: Math.floor(who.until / 1000) + 10 }), { mode: 0o600 });
  return senctl(env, args, { tokenFile });
}
export const adminCtl = async (...args) => senctlAs(await administrator(), args);
export const adminCtlJson = async (...args) => JSON.parse(await adminCtl('--json', ...args));

export const basis = 'Quyết định số 15/QĐ-UBND ngày 20/11/2026';

// Employee codes of persons without an account, in order; each is given out once.
let pool;
export async function freshEmployee() {
  pool ??= sql(`SELECT p.employee_code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main'
    WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)
    AND hashtext(p.employee_code) % ${process.env.SEN_E2E_SHARDS ?? 1} = ${process.env.SEN_E2E_SHARD ?? 0}
    ORDER BY 1`).then((rows) => rows.map(([code]) => code));
  const code = (await pool).shift();
  if (!code) throw new Error('no person without an account is left');
  return code;
}

// "Nothing was done, try again" is no answer: what any client does while servers die and machines are busy.
export async function insist(ask) {
  for (let left = 20; ; left -= 1) {
    const answer = await ask();
    if (answer.status !== 503 || left === 0 || !(Number(answer.headers.get('retry-after')) > 0)) return answer;
    await sleep(500);
  }
}

export async function grant(employeeCode, client, who) {
  who ??= await administrator();
  const answer = await who.api('POST', '/grants', { employee_code: employeeCode, platform: client.id.toUpperCase(), role: client.role, basis });
  if (answer.status > 201) throw new Error(`grant: ${answer.status} ${answer.text}`);
  return answer.json;
}

// An official with roles on these platforms, activated, with a password.
export async function official(...clients) {
  const employeeCode = await freshEmployee();
  let granted;
  for (const client of clients) granted = await grant(employeeCode, client);
  const { login } = granted;
  const { json } = await (await administrator()).api('POST', `/accounts/${login}/activation`);
  const password = goodPassword();
  const agent = new Agent(env.SEN_ISSUER);
  const answer = await agent.activate(login, json.code, password);
  if (answer.status !== 303) throw new Error(`activation of ${login}: ${answer.status} ${answer.text}`);
  const [[id]] = await sql('SELECT id FROM sen.account WHERE login = $1', login);
  return { login, password, agent, employeeCode, id };
}

// A new password, as somebody gets one who forgot his: by a code of the administrator, at another browser, whose session lives on.
export async function setNewPassword(person) {
  const { json } = await (await administrator()).api('POST', `/accounts/${person.login}/activation`);
  const password = goodPassword();
  const agent = new Agent(env.SEN_ISSUER);
  const answer = await agent.activate(person.login, json.code, password);
  if (answer.status !== 303) throw new Error(`activation of ${person.login}: ${answer.status} ${answer.text}`);
  return { agent, password };
}

// A code for an official who is signed in at agent.
export async function codeFor(agent, client, params = {}) {
  const request = authorizeUrl(env, client, params);
  const answer = await agent.request(request.url);
  if (answer.status !== 303) throw new Error(`authorize: ${answer.status} ${answer.text.slice(0, 300)}`);
  return { ...request, answer: new URL(answer.location).searchParams };
}

export const redeem = (client, code, verifier, extra = {}) => post(`${env.SEN_ISSUER}/token`, {
  grant_type: 'authorization_code', code, redirect_uri: client.redirect, code_verifier: verifier, ...extra,
}, basic(client.id, client.secret()));

export const refresh = (client, token, extra = {}) => post(`${env.SEN_ISSUER}/token`,
  { grant_type: 'refresh_token', refresh_token: token, ...extra }, basic(client.id, client.secret()));

// How often this person's tokens were refreshed so far.
export const refreshesOf = async (who) =>
  Number((await sql('SELECT coalesce(sum(generation), 0) FROM sen.token_family WHERE account_id = $1', who.id))[0][0]);

export const introspectAs = async (client, token) =>
  (await post(`${env.SEN_ISSUER}/introspect`, { token }, basic(client.id, client.secret()))).json;

export const userinfo = (token) => fetch(`${env.SEN_ISSUER}/userinfo`, { headers: { authorization: `Bearer ${token}` } });

export async function tokensFor(agent, client, params) {
  const { answer, proof } = await codeFor(agent, client, params);
  const { status, json } = await redeem(client, answer.get('code'), proof.verifier);
  if (status !== 200) throw new Error(`token: ${status} ${JSON.stringify(json)}`);
  return json;
}

export { Agent, authorizeUrl, fieldOf, run };
