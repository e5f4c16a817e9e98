// The running stack as demo.env describes it: addresses, files, and the tools of an operator.

import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

const run = promisify(execFile);

export function readEnv(file) {
  const env = {};
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const match = /^([A-Z0-9_]+)='(.*)'$/.exec(line);
    if (match) env[match[1]] = match[2];
  }
  return env;
}

export const secret = (file) => readFileSync(file, 'utf8').trim();

// senctl as a person with a token file of his own; rejects with the words that senctl printed.
export async function senctl(env, args, { tokenFile = env.SEN_ADMIN_TOKEN_FILE } = {}) {
  const all = ['--config', env.SENCTL_CONFIG, '--token-file', tokenFile, ...args];
  try {
    const { stdout } = await run(env.SENCTL, all, { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    return stdout.trim();
  } catch (error) {
    throw new Error(`senctl ${args[0]}: ${(error.stderr || error.message).trim()}`);
  }
}

export const senctlJson = async (env, args, options) => JSON.parse(await senctl(env, ['--json', ...args], options));

// "senctl login": it prints the address to open; open() does what a person would in his browser.
export async function senctlLogin(env, open, { tokenFile = env.SEN_ADMIN_TOKEN_FILE } = {}) {
  const child = spawn(env.SENCTL, ['--config', env.SENCTL_CONFIG, '--token-file', tokenFile, 'login'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  const done = new Promise((resolve, reject) => {
    child.on('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`senctl login ended with ${code}: ${out}`))));
  });
  const url = await new Promise((resolve, reject) => {
    const look = (chunk) => {
      out += chunk;
      const match = /(http\S+\/authorize\?\S+)/.exec(out);
      if (match) resolve(match[1]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    done.catch(reject);
  });
  await open(url);
  await done;
}

// Entries of a directory as the operator sees them: an array of {attribute: [values]}.
export async function ldapSearch(uri, base, filter) {
  const { stdout } = await run('ldapsearch', ['-LLL', '-o', 'ldif-wrap=no', '-Q', '-Y', 'EXTERNAL', '-H', uri, '-b', base, filter, '*', '+'],
    { env: { ...process.env, LDAPNOINIT: '1' }, maxBuffer: 64 << 20 });
  return stdout.split('\n\n').filter((block) => block.trim()).map((block) => {
    const entry = {};
    for (const line of block.split('\n')) {
      const match = /^([A-Za-z0-9;-]+)(::?) ?(.*)$/.exec(line);
      if (!match) continue;
      const value = match[2] === '::' ? Buffer.from(match[3], 'base64').toString('utf8') : match[3];
      (entry[match[1]] ??= []).push(value);
    }
    return entry;
  });
}

// Accounts at P02 (SCIM) by our identifier.  The server of scimmy ignores paging, not filters.
export async function scimUsers(env, filter) {
  const url = `${env.P02_SCIM}/Users${filter ? `?filter=${encodeURIComponent(filter)}` : ''}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${secret(env.P02_SCIM_TOKEN_FILE)}` } });
  if (!answer.ok) throw new Error(`SCIM ${answer.status}`);
  return (await answer.json()).Resources ?? [];
}

export async function post(url, form, headers = {}) {
  const answer = await fetch(url, {
    method: 'POST', body: new URLSearchParams(form), redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
  const text = await answer.text();
  let json;
  try { json = JSON.parse(text); } catch { json = undefined; }
  return { status: answer.status, json, text, headers: answer.headers };
}

export const basic = (id, password) =>
  ({ authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(password)}`).toString('base64')}` });

export const introspect = async (env, token) =>
  (await post(`${env.SEN_ISSUER}/introspect`, { token }, basic('p02', secret(env.P02_CLIENT_SECRET_FILE)))).json;

// Until look() gives something true; the last error is told.
export async function until(what, look, ms = 30000) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const value = await look();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not after ${ms} ms${last ? ` (${last.message})` : ''}`);
    await sleep(25);
  }
}
