// What the pages of docs/integrate/ say is what the tests run: their listings are taken out of the pages,
// the sample addresses replaced by those of the running stack.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { afterEach } from 'node:test';

import { basic, post, senctl, until } from '../../../deploy/driver/world.mjs';
import { env, p02, tokensFor } from './world.mjs';

const PAGES = new URL('../../../docs/integrate/', import.meta.url);
const SAMPLE_ISSUER = 'https://sso.nghean.gov.vn';

// The page's listings by their names: ```lang file=NAME.
export function listings(page) {
  const found = {};
  for (const [, name, text] of readFileSync(new URL(page, PAGES), 'utf8').matchAll(/^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm)) found[name] = text;
  return found;
}

// Every pair must be found: a page that changes breaks its test, not its meaning.
export function fill(text, ...pairs) {
  for (const [from, to] of pairs) {
    if (!text.includes(from)) throw new Error(`the page does not say: ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

export const sampleIssuer = [SAMPLE_ISSUER, env.SEN_ISSUER];

// A folder of the test's own, in which npm packages of the tests are found.
export function folderFor(name) {
  const folder = new URL(`../run/${name}/`, import.meta.url).pathname;
  mkdirSync(folder, { recursive: true });
  return folder;
}

export function write(folder, name, text) {
  writeFileSync(`${folder}${name}`, text, { mode: 0o600 });
  return `${folder}${name}`;
}

export async function freePort(host) {
  const server = createServer();
  await new Promise((resolve, reject) => server.on('error', reject).listen(0, host, resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// client.json of a page by "senctl bootstrap client"; then waits until the server knows it.
export async function register(folder, text) {
  const client = JSON.parse(text);
  await senctl(env, ['bootstrap', 'client', write(folder, 'client.json', text)]);
  const [redirect] = client.redirect_uris ?? [];
  const result = { id: client.client_id, redirect, secret: () => readFileSync(`${folder}${basename(client.secret_file)}`, 'utf8').trim() };
  const url = new URL(`${env.SEN_ISSUER}/authorize`);
  url.search = new URLSearchParams({ client_id: client.client_id, redirect_uri: redirect });
  await until(`client ${client.client_id}`, async () => (redirect ? (await fetch(url, { redirect: 'manual' })).status === 303
    : (await post(`${env.SEN_ISSUER}/introspect`, { token: 'x' }, basic(result.id, result.secret()))).status === 200));
  return result;
}

const programs = new Set();
// Each test starts its own programs; they end with it, however it ends.
afterEach(() => Promise.all([...programs].map((program) => program.stop())));

// A program in the foreground, in a folder of its own; its output is shown when ready() does not come true.
export async function start(command, args, { cwd, ready, env: more }) {
  const log = openSync(`${cwd}log`, 'w');
  // It ends with this process, even when that is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...args], { cwd, env: { ...process.env, ...more }, stdio: ['ignore', log, log] });
  closeSync(log);
  const program = { output: () => readFileSync(`${cwd}log`, 'utf8'), failure: '' };
  const ended = new Promise((resolve) => {
    child.on('error', (error) => { program.failure = error.message; resolve(); });
    child.on('exit', (code) => { program.failure ||= `ended with ${code}`; programs.delete(program); resolve(); });
  });
  programs.add(program);
  program.signal = (signal) => child.kill(signal);
  program.stop = async (signal = 'SIGTERM') => { child.kill(signal); await ended; };
  const fault = await until(command, async () => (program.failure ? { message: program.failure } : await ready() && {}), 20000)
    .catch((error) => error);
  if (!fault.message) return program;
  await program.stop('SIGKILL');
  throw new Error(`${command}: ${fault.message}\n${program.output()}`);
}

const APACHE_MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'alias', 'dir', 'mime', 'include', 'headers', 'auth_openidc'];

// An Apache of the test's own around the configuration of a page; its documents are the folder's "htdocs".
export async function apache(folder, host, port, config, ready) {
  mkdirSync(`${folder}htdocs`, { recursive: true });
  const base = [
    `ServerRoot "${folder}"`, `ServerName ${host}`, `Listen ${host}:${port}`, `PidFile "${folder}pid"`, `DefaultRuntimeDir "${folder}"`,
    'ErrorLog /dev/stderr', 'ServerLimit 1', 'ThreadsPerChild 16', 'MaxRequestWorkers 16',
    ...APACHE_MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    'TypesConfig /etc/mime.types', `DocumentRoot "${folder}htdocs"`, 'DirectoryIndex index.html',
    'AddOutputFilter INCLUDES .html', '<Directory />', 'Options +IncludesNOEXEC', '</Directory>',
  ].join('\n');
  const file = write(folder, 'apache.conf', `${base}\n${config}`);
  return start('/usr/sbin/apache2', ['-f', file, '-D', 'FOREGROUND'], { cwd: folder, env: { TMPDIR: folder }, ready });
}

export const answers = (url) => async () => {
  try { return (await fetch(url, { redirect: 'manual' })).status < 500; } catch { return false; }
};

// A browser without a screen that follows redirects from host to host: a jar of cookies per host.  (Not by
// fetch(): it says "Sec-Fetch-Mode: cors", and gates answer a script otherwise than a person.)
export class Surfer {
  constructor(agent) {
    this.jars = new Map([[new URL(env.SEN_ISSUER).hostname, new Map(agent?.cookies)]]);
  }

  jar(url) {
    const { hostname } = new URL(url);
    if (!this.jars.has(hostname)) this.jars.set(hostname, new Map());
    return this.jars.get(hostname);
  }

  async once(url, { headers = {} } = {}) {
    const cookie = [...this.jar(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await get(url, { accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', ...headers,
      ...(cookie ? { cookie } : {}) });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      const expires = /expires=([^;]+)/i.exec(line)?.[1];
      if (/max-age=0/i.test(line) || (expires && Date.parse(expires) < Date.now())) this.jar(url).delete(name);
      else this.jar(url).set(name, value);
    }
    return answer;
  }

  // The page at the end, and every address on the way.
  async go(url, options) {
    const way = [url];
    let answer = await this.once(url, options);
    while (answer.headers.location && way.length < 20) {
      way.push(new URL(answer.headers.location, way.at(-1)).href);
      answer = await this.once(way.at(-1));
    }
    return { ...answer, url: way.at(-1), way };
  }
}

const get = (url, headers) => new Promise((resolve, reject) => {
  request(url, { headers, agent: false }, (answer) => {
    const chunks = [];
    answer.on('data', (chunk) => chunks.push(chunk));
    answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
  }).on('error', reject).end();
});

// What the application of every page does: sign in, say who it is, sign out at the sign-on too.
export async function signsInAndOut(origin, who, role, meanwhile) {
  const surfer = new Surfer(who.agent);
  const home = await surfer.go(`${origin}/`);
  assert.equal(home.url, `${origin}/`, `${home.way.join('\n')}\n${home.text}`);
  assert.match(home.text, new RegExp(`^Xin chào .+, .+\\. Vai trò: ${role}\n$`));
  await meanwhile?.(surfer);
  const out = await surfer.go(`${origin}/logout`);
  assert.equal(out.text, 'Đã đăng xuất.\n', out.way.join('\n'));
  assert.ok((await surfer.go(`${origin}/`)).url.startsWith(env.SEN_ISSUER), 'signed in again without a password');
}

// The person signs out at another platform: the session at the sign-on ends.
export async function signOutAtIssuer(who) {
  const { id_token: hint } = await tokensFor(who.agent, p02);
  const answer = await who.agent.request(`${env.SEN_ISSUER}/logout?${new URLSearchParams({ id_token_hint: hint })}`);
  assert.equal(answer.status, 200, answer.text);
}

export { env, post, until };
