// nginx as the strict proxy in front: what it passes works, what it adds is believed only from it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { until } from '../../deploy/driver/world.mjs';
import { restart, serverWith } from './lib/servers.mjs';
import { Agent, env, fieldOf, official, p02, run, sql } from './lib/world.mjs';

const issuer = new URL(env.SEN_ISSUER);
const socket = `${env.SEN_STATE}/run/sen.sock`;
const folder = `${env.SEN_STATE}/nginx`;
let nginx;

// The server moves to a unix socket; nginx takes its address, as in a deployment.
before(async () => {
  mkdirSync(folder, { recursive: true });
  const template = readFileSync('../../deploy/nginx/sen.conf.in', 'utf8');
  writeFileSync(`${folder}/nginx.conf`, template.replaceAll('@LISTEN@', issuer.host).replaceAll('@SERVER_NAME@', issuer.hostname)
    .replaceAll('@UPSTREAM@', `unix:${socket}`).replaceAll('@ROOT@', folder).replaceAll('@TLS@', ''));
  await serverWith('behind-proxy', (conf) => conf.replace(/^listen = .*/m, `listen = unix:${socket}`));
  nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-c', `${folder}/nginx.conf`, '-g', 'daemon off;'], { stdio: 'inherit' });
  await until('nginx', async () => (await fetch(`${env.SEN_ISSUER}/jwks`)).status === 200, 10000);
});

after(async () => {
  nginx?.kill('SIGTERM');
  await new Promise((resolve) => nginx?.on('exit', resolve));
  await restart();
});

test('sign-in and code flow through the proxy', async () => {
  const person = await official(p02);
  assert.ok(person.login);
});

test('the address of the client is the one the proxy saw, not the one a client claims', async () => {
  const person = await official(p02);
  const agent = new Agent(env.SEN_ISSUER);
  const page = await agent.request('/');
  const answer = await agent.request('/login', {
    form: { flow: fieldOf(page.text, 'flow'), username: person.login, password: person.password }, headers: { 'x-forwarded-for': '203.0.113.9' } });
  assert.equal(answer.status, 303);
  const [[ip]] = await sql(`SELECT ip FROM sen.session WHERE account_id = $1 ORDER BY auth_time DESC LIMIT 1`, person.id);
  assert.equal(ip, '127.0.0.1');
});

test('a foreign Host ends at the proxy', async () => {
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    request({ host: issuer.hostname, port: issuer.port, path: '/jwks', headers: { host: 'evil.example' } }, (answer) => { answer.resume(); resolve(answer.statusCode); })
      .on('error', (error) => (error.code === 'ECONNRESET' ? resolve(444) : reject(error))).end();
  });
  assert.ok([400, 421, 444].includes(status), `${status}`);
});
