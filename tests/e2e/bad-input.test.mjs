// Bad input at every endpoint: an error of the standard's form, never a crash, a page of text or a redirect.

import assert from 'node:assert/strict';
import net from 'node:net';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { basic, until } from '../../deploy/driver/world.mjs';
import { administrator, authorizeUrl, env, p02 } from './lib/world.mjs';

const host = new URL(env.SEN_ISSUER);

// Bytes as they are; the whole answer of the first response.
function raw(bytes, { wait = 3000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(host.port), host.hostname);
    let data = Buffer.alloc(0);
    const finish = () => { socket.destroy(); resolve(data.toString('latin1')); };
    socket.setTimeout(wait, finish);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk]);
      const text = data.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = /content-length: *(\d+)/i.exec(text);
      if (end >= 0 && length && data.length >= end + 4 + Number(length[1])) finish();
    });
    socket.on('close', finish);
    socket.on('error', (error) => (data.length ? finish() : error.code === 'ECONNRESET' || error.code === 'EPIPE' ? finish() : reject(error)));
  });
}
const statusOf = (answer) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
const request = (line, headers = [], body = '') =>
  Buffer.from([`${line} HTTP/1.1`, `Host: ${host.host}`, 'Connection: close', ...headers, '', body].join('\r\n'), 'latin1');

const form = 'Content-Type: application/x-www-form-urlencoded';
const alive = async () => assert.equal((await fetch(`${env.SEN_ISSUER}/jwks`)).status, 200, 'the server is gone');
after(alive);

const endpoints = [
  ['GET', '/.well-known/openid-configuration'], ['GET', '/jwks'], ['GET', '/authorize'], ['POST', '/authorize'], ['POST', '/token'],
  ['GET', '/userinfo'], ['POST', '/userinfo'], ['POST', '/introspect'], ['POST', '/revoke'], ['GET', '/logout'], ['POST', '/logout'],
  ['POST', '/device_authorization'], ['GET', '/device'], ['POST', '/device'], ['POST', '/bc-authorize'], ['POST', '/register'], ['GET', '/register/p02'],
  ['PUT', '/register/p02'], ['DELETE', '/register/p02'], ['GET', '/requests'], ['POST', '/requests'],
  ['POST', '/par'], ['POST', '/consent'], ['GET', '/consents'], ['POST', '/consents/take-back'],
  ['GET', '/ssf/streams'], ['POST', '/ssf/streams'], ['PATCH', '/ssf/streams'], ['PUT', '/ssf/streams'], ['DELETE', '/ssf/streams'], ['GET', '/ssf/status'],
  ['POST', '/ssf/status'], ['POST', '/ssf/subjects/add'], ['POST', '/ssf/subjects/remove'], ['POST', '/ssf/verify'], ['POST', '/ssf/poll/x'],
  ['GET', '/federation/fetch'], ['GET', '/federation/list'], ['GET', '/federation/resolve'], ['GET', '/.well-known/openid-federation'],
  ['GET', '/.well-known/oauth-authorization-server'], ['GET', '/.well-known/ssf-configuration'], ['GET', '/.well-known/oauth-protected-resource'], ['GET', '/.well-known/oauth-protected-resource/api/v1'],
  ['GET', '/'], ['POST', '/login'], ['GET', '/activate'], ['POST', '/activate'], ['POST', '/api/v1/grants'], ['GET', '/api/v1/persons'],
];

const sender = (method, path) => (query, body, headers = []) => raw(request(`${method} ${path}${query}`,
  method === 'POST' ? [...headers, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`] : headers, method === 'POST' ? body : ''));

// The library refuses these by itself, without a word as long as the connection is open: all of them at once, in the background.
const tooMany = new Map();
before(() => {
  for (const [method, path] of endpoints) {
    const answer = sender(method, path)(`?${'x=1&'.repeat(500)}`, 'x=1&'.repeat(500), method === 'POST' ? [form] : []);
    answer.catch(() => {}); // told where it is looked at
    tooMany.set(`${method} ${path}`, answer);
  }
});

for (const [method, path] of endpoints) {
  test(`${method} ${path} survives every kind of bad input`, async (t) => {
    const posts = method === 'POST', send = sender(method, path);
    const cases = {
      'broken escape': () => send('?state=%zz', 'state=%zz', posts ? [form] : []),
      'NUL': () => send('?client_id=a%00b', 'client_id=a%00b', posts ? [form] : []),
      'broken UTF-8': () => send('?client_id=%ff%fe', 'client_id=%ff%fe', posts ? [form] : []),
      'repeated parameter': () => send('?client_id=a&client_id=b', 'client_id=a&client_id=b', posts ? [form] : []),
      'too many parameters': () => tooMany.get(`${method} ${path}`),
      'long parameter': () => send(`?client_id=${'a'.repeat(5000)}`, `client_id=${'a'.repeat(5000)}`, posts ? [form] : []),
      'long URI': () => send(`?x=${'a'.repeat(20000)}`, '', posts ? [form] : []),
      'long header': () => send('', '', [`X-A: ${'a'.repeat(40000)}`]),
      'many headers': () => send('', '', Array.from({ length: 300 }, (_, i) => `X-${i}: a`)),
      'foreign host': () => raw(Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)),
      'wrong content type': () => send('', '<a/>', posts ? ['Content-Type: text/xml'] : []),
      'deep JSON': () => send('', `{"a":${'['.repeat(3000)}${']'.repeat(3000)}}`, posts ? ['Content-Type: application/json'] : []),
      'body where none belongs': () => raw(request(`${method} ${path}`, [form, 'Content-Length: 3'], 'a=b')),
    };
    for (const [what, attempt] of Object.entries(cases)) {
      await t.test(what, async () => {
        const answer = await attempt();
        const status = statusOf(answer);
        assert.ok(status === 0 || status < 500, `${status}: ${answer.slice(0, 200)}`);
        if (what === 'foreign host') assert.ok([400, 421].includes(status), `${status}`);
        if (status >= 400) assert.doesNotMatch(answer, /\.c:\d+|postgres|ldap_|SELECT |0x[0-9a-f]{6}/i);
        if (status >= 300 && status < 400) assert.doesNotMatch(answer, /Location: (?!\/|http:\/\/127)/i);
      });
    }
    await alive();
  });
}

test('no request that was refused stays behind', async () => {
  await until('no request under way', async () => {
    const metrics = await (await fetch(`${env.SEN_ADMIN_URL}/metrics`)).text();
    return /^sen_http_requests_active (\d+)$/m.exec(metrics)[1] === '0';
  });
});

test('bodies over the limit are refused, whatever they say of their length', async () => {
  const big = `token=${'a'.repeat(200000)}`;
  for (const headers of [[`Content-Length: ${big.length}`], ['Transfer-Encoding: chunked']]) {
    const body = headers[0].startsWith('T') ? `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n` : big;
    const answer = await raw(request('POST /introspect', [form, ...headers], body));
    assert.ok([400, 413].includes(statusOf(answer)) || statusOf(answer) === 0, answer.slice(0, 100));
  }
});

test('a scope of 1 MB is refused, not read', async (t) => {
  const scope = `openid ${'a '.repeat(1 << 19)}`;
  for (const path of ['/authorize', '/token', '/par'])
    await t.test(path, async () => {
      const body = new URLSearchParams({ ...authorizeUrl(env, p02).params, grant_type: 'client_credentials', scope }).toString();
      const { authorization } = basic(p02.id, p02.secret());
      const answer = await raw(request(`POST ${path}`, [form, `Authorization: ${authorization}`, `Content-Length: ${body.length}`], body));
      // Refused by its length, before the rest has come: a connection that is gone is as good.
      assert.ok([0, 413].includes(statusOf(answer)), answer.slice(0, 200));
    });
  await alive();
});

test('framing tricks end the connection', async (t) => {
  const tricks = {
    'both lengths': [`Content-Length: 4`, 'Transfer-Encoding: chunked'],
    'two lengths': ['Content-Length: 0', 'Content-Length: 4'],
    'odd coding': ['Transfer-Encoding: xchunked'],
    'coding list': ['Transfer-Encoding: gzip, chunked'],
    'two hosts': ['Host: other'],
    'folded header': ['X-A: b\r\n c'],
    'space in name': ['X A: b'],
    'upgrade': ['Connection: Upgrade', 'Upgrade: h2c'],
    'two authorizations': ['Authorization: Basic eDp5', 'Authorization: Bearer x'],
  };
  for (const [what, headers] of Object.entries(tricks)) {
    await t.test(what, async () => {
      const bytes = Buffer.from(`POST /token HTTP/1.1\r\nHost: ${host.host}\r\n${form}\r\n${headers.join('\r\n')}\r\n\r\n0\r\n\r\nGET /jwks HTTP/1.1\r\nHost: ${host.host}\r\n\r\n`);
      const answer = await raw(bytes, { wait: 1000 });
      assert.ok(statusOf(answer) === 0 || (statusOf(answer) >= 400 && statusOf(answer) < 500), answer.slice(0, 200));
      assert.doesNotMatch(answer, /"keys"/, 'the smuggled request was answered');
    });
  }
  await alive();
});

test('an unregistered redirect_uri is never redirected to', async (t) => {
  const foreign = [
    `${p02.redirect}/`, `${p02.redirect}?x=1`, `${p02.redirect}#`, p02.redirect.replace('http:', 'https:'), p02.redirect.toUpperCase(),
    p02.redirect.replace('127.0.0.2', '127.0.0.2@evil.example'), 'https://evil.example/', '//evil.example', 'javascript:alert(1)',
    p02.redirect.replace('/callback', '/..;/callback'), `${p02.redirect}%0d%0aX: y`, '',
  ];
  for (const redirect of foreign) {
    await t.test(redirect || 'empty', async () => {
      const { url } = authorizeUrl(env, p02, { redirect_uri: redirect });
      const answer = await fetch(url, { redirect: 'manual' });
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
      assert.equal(answer.headers.get('location'), null);
      assert.match(answer.headers.get('content-type'), /text\/html/);
    });
  }
  const unknown = await fetch(authorizeUrl(env, { ...p02, id: 'nobody' }).url, { redirect: 'manual' });
  assert.equal(unknown.headers.get('location'), null);
});

test('input never comes back unescaped', async () => {
  const evil = '"><script>alert(1)</script>';
  for (const url of [
    authorizeUrl(env, p02, { login_hint: evil, state: evil, ui_locales: evil }).url,
    authorizeUrl(env, p02, { redirect_uri: evil }).url, `${env.SEN_ISSUER}/${encodeURIComponent(evil)}`,
    `${env.SEN_ISSUER}/logout?state=${encodeURIComponent(evil)}`,
  ]) {
    const text = await (await fetch(url, { redirect: 'manual' })).text();
    assert.ok(!text.includes('<script>alert'), url);
  }
});

test('errors have the standard\'s form', async () => {
  const token = await fetch(`${env.SEN_ISSUER}/token`, { method: 'POST', headers: { ...basic('p02', p02.secret()), 'content-type': 'application/x-www-form-urlencoded' }, body: '' });
  assert.equal(token.status, 400);
  assert.equal(token.headers.get('cache-control'), 'no-store');
  const body = await token.json();
  assert.equal(body.error, 'invalid_request');
  assert.match(body.error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  const api = await fetch(`${env.SEN_API}/platforms`);
  assert.equal(api.status, 401);
  assert.match(api.headers.get('content-type'), /application\/problem\+json/);
  assert.ok((await api.json()).traceId);
  const admin = await administrator();
  for (const broken of ['{', '{"a":1,"a":2}', '[]', '"x"', '{"employee_code":5}', '{}']) {
    const answer = await fetch(`${env.SEN_API}/grants`, { method: 'POST', body: broken,
      headers: { authorization: `Bearer ${await admin.accessToken()}`, 'content-type': 'application/json' } });
    assert.ok(answer.status >= 400 && answer.status < 500, `${broken}: ${answer.status}`);
    assert.match(answer.headers.get('content-type'), /problem\+json/);
  }
  assert.equal((await fetch(`${env.SEN_ISSUER}/nowhere`)).status, 404);
  const method = await fetch(`${env.SEN_ISSUER}/token`);
  assert.equal(method.status, 405);
  assert.match(method.headers.get('allow'), /POST/);
});

test('logs hold no secret', () => {
  const log = readFileSync(`${env.SEN_STATE}/log/sen-server.log`, 'utf8');
  const secrets = [p02.secret(), readFileSync(`${env.SEN_STATE}/secrets/master.secret`, 'utf8').trim(),
    readFileSync(`${env.SEN_STATE}/secrets/account-${env.SEN_ADMIN_LOGIN}.password`, 'utf8').trim()];
  for (const secret of secrets) assert.ok(!log.includes(secret));
  // Signed heads of the audit are there on purpose, so that a copy exists elsewhere: nothing else that looks like a token.
  const rest = log.split('\n').filter((line) => {
    if (!line.includes('"event":"audit.checkpoint"')) return true;
    const { jws } = JSON.parse(line);
    return !jws || JSON.parse(Buffer.from(jws.split('.')[0], 'base64url')).typ !== 'audit-checkpoint+jwt';
  }).join('\n');
  assert.doesNotMatch(rest, /eyJ[A-Za-z0-9_-]{20}/, 'a token');
  assert.doesNotMatch(log, /(?<![\w-])sn[a-z]_[\w-]{20}/, 'a handle');
  assert.doesNotMatch(log, /"\d{12}"|(?<!-)\b0(40|01)\d{9}\b/, 'a personal number');
  const lines = log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  assert.ok(lines.some((line) => line.event === 'request' && line.id?.length === 22 && line.route === 'token'));
});
