// Notices by e-mail: two provisioners beside the first hand them to a real mail server that demands STARTTLS and a sign-in, says
// "later", says "never", drops a connection in the worst moment, and goes away for a while.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { answers, env, folderFor, freePort, start, until, write } from './lib/integrate.mjs';
import { Administrator, adminCtlJson, official, p02, sql } from './lib/world.mjs';

const folder = folderFor('mail'), SERVER = new URL('./lib/smtp_server.py', import.meta.url).pathname;
const USER = 'sen', PASSWORD = 'Mật khẩu của máy chủ thư 7';
const addressOf = (person) => `${person.login}@nghean.example`;

async function certificate() {
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=mail',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${folder}key.pem`, '-out', `${folder}cert.pem`]);
}

// What was taken: header fields without their folding, words and body decoded.
function mails() {
  if (!existsSync(`${folder}mails`)) return [];
  return readFileSync(`${folder}mails`, 'utf8').trim().split('\n').filter(Boolean).map((line) => {
    const mail = JSON.parse(line), [header, body] = mail.text.split(/\r\n\r\n([^]*)/);
    const fields = Object.fromEntries(header.replace(/\r\n /g, ' ').split('\r\n').map((field) => {
      const [, name, value] = /^([A-Za-z-]+): ?(.*)$/.exec(field);
      return [name.toLowerCase(), value.replace(/\?= =\?/g, '?==?').replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, words) => Buffer.from(words, 'base64'))];
    }));
    return { ...mail, header: fields, body: Buffer.from(body, 'base64').toString() };
  });
}
const to = (person) => mails().filter((mail) => mail.to.includes(addressOf(person)));
const taken = (person, n = 1) => until(`message ${n} to ${person.login}`, () => to(person).length >= n && to(person));

function ruled(person, ...rules) {
  const file = `${folder}rules.json`;
  writeFileSync(file, JSON.stringify({ ...(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}), [addressOf(person)]: rules }));
}

const mailServer = (port) => start('/usr/bin/python3', [SERVER, folder, String(port), USER, PASSWORD],
  { cwd: folder, ready: () => readFileSync(`${folder}log`, 'utf8').includes('listening') });

async function provisioner(name, chain, url) {
  const own = folderFor(`mail-${name}`), port = await freePort('127.0.0.1');
  const config = readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8').replace(/\n\[connector\.[^]*$/, '\n')
    .replace(/^listen = .*$/m, `listen = 127.0.0.1:${port}`).replace('[database]', `[database]\naudit_chain = ${chain}`);
  write(own, 'password', `${PASSWORD}\n`);
  const file = write(own, 'conf', `${config}\n[mail]\nsmtp_url = ${url}\nca_file = ${folder}cert.pem\nuser = ${USER}\npassword_file = password
from = khong-tra-loi@nghean.example\ngather_s = 2\ndaily_max = 4\ntimeout_s = 10\n`);
  const program = await start(`${env.SEN_STATE}/bin/sen-provisioner`, ['--config', file], { cwd: own, ready: answers(`http://127.0.0.1:${port}/readyz`) });
  program.metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return program;
}

const tell = (person, ...kinds) => sql(`INSERT INTO sen.notice (account_id, kind, subject, created_at, data) SELECT $1::uuid, k, gen_random_uuid()::text, now() - (10 - n) * interval '1 ms',
  jsonb_build_object('login', $2::text, 'full_name', 'Lê Thị Phượng', 'employee_code', 'NA9', 'platform', 'P02', 'role', $3::text, 'unit', '40', 'hours', 6,
  'valid_to', '2027-01-31T17:00:00Z', 'reason', 'Bão số 9') FROM unnest(string_to_array($4, ',')) WITH ORDINALITY k (k, n)`, person.id, person.login, p02.role, kinds.join());
const rowOf = async (person) => (await sql(`SELECT id, coalesce(outcome, 'open'), attempts, coalesce(detail, ''), extract(epoch FROM next_at - now())::integer
  FROM sen.outbox WHERE kind = 'mail' AND account_id = $1 ORDER BY created_at DESC LIMIT 1`, person.id))
  .map(([id, outcome, attempts, detail, left]) => ({ id, outcome, attempts: Number(attempts), detail, left: Number(left) }))[0];
const ended = (person, outcome) => until(`${outcome}: ${person.login}`, async () => (await rowOf(person))?.outcome === outcome && rowOf(person));

async function nothingToAStranger(person, port) {
  // The certificate is for the address, not for the name.
  const stranger = await provisioner('stranger', 910, `smtp://localhost:${port}`);
  await tell(person, 'emergency_released');
  const row = await until('a refusal of ours', async () => (await rowOf(person))?.detail && rowOf(person));
  assert.match(row.detail, /not to be trusted/);
  assert.equal(row.outcome, 'open');
  assert.match(await stranger.metrics(), /^sen_provisioner_mail_relay_up 0$/m);
  await stranger.stop();
  assert.deepEqual(mails(), []);
}

async function aWholeMessage(person) {
  const [mail] = await taken(person);
  const { id } = await ended(person, 'delivered');
  assert.deepEqual([mail.tls, mail.user, mail.from, mail.to], [true, USER, 'khong-tra-loi@nghean.example', [addressOf(person)]]);
  assert.equal(mail.header.from, 'Hệ thống đăng nhập một lần <khong-tra-loi@nghean.example>');
  assert.equal(mail.header.subject, 'Ông/bà được cấp quyền khẩn cấp');
  assert.equal(mail.header['message-id'], `<${id}@nghean.example>`);
  assert.equal(mail.header['auto-submitted'], 'auto-generated');
  assert.ok(Math.abs(Date.parse(mail.header.date) - Date.now()) < 120000, mail.header.date);
  assert.match(mail.body, new RegExp(`Thời gian: 6 giờ\r\n`));
  assert.ok(mail.body.includes(env.SEN_ISSUER));
  assert.ok(!/Phượng|NA9|Bão/.test(mail.body), mail.body);
}

async function laterAndNever(later, never) {
  ruled(later, 'RCPT 451 4.7.1 later', 'DATA 452 4.3.1 no room');
  ruled(never, 'RCPT 550 5.1.1 no such user');
  await Promise.all([tell(later, 'emergency_released'), tell(never, 'emergency_released')]);
  const refused = await ended(never, 'refused');
  assert.match(refused.detail, /550 5\.1\.1 no such user/);
  assert.equal(refused.attempts, 1);
  const line = (await adminCtlJson('outbox', 'list', '--destination', 'relay')).messages.find((row) => row.id === refused.id);
  assert.deepEqual([line.kind, line.login, line.state], ['mail', never.login, 'refused']);
  assert.equal((await sql(`SELECT count(*) FROM sen.audit WHERE action = 'mail.refused' AND account_id = $1`, never.id))[0][0], '1');
  assert.equal((await ended(later, 'delivered')).attempts, 3);
  assert.equal(to(later).length, 1);
  assert.equal(to(never).length, 0);
}

// The server took it, and nobody could know: again, but not soon, and as the same message.
async function inDoubt(person) {
  ruled(person, 'DATA drop');
  await tell(person, 'emergency_released');
  const row = await until('doubt', async () => /answer was lost/.test((await rowOf(person))?.detail) && rowOf(person));
  assert.ok(row.outcome === 'open' && row.left > 3000 && row.left <= 3600, JSON.stringify(row));
  await sql('UPDATE sen.outbox SET next_at = now() WHERE id = $1', row.id);
  const [first, second] = await taken(person, 2);
  assert.equal(first.header['message-id'], second.header['message-id']);
  await ended(person, 'delivered');
}

async function gathered(person) {
  const self = new Administrator(person.agent, person.login, person.password);
  const chosen = await self.api('POST', '/notices/mail', { mail: 'required' });
  assert.deepEqual([chosen.status, chosen.json.mail], [200, 'required']);
  await tell(person, 'grant_expires', 'scope_expires', 'account_unused');
  assert.equal((await taken(person)).at(-1).header.subject, 'Tài khoản đã lâu không được sử dụng');
  await self.api('POST', '/notices/mail', { mail: 'all' });
  await tell(person, 'grant_expires', 'scope_expires');
  const mail = (await taken(person, 2)).at(-1);
  assert.equal(mail.header.subject, '2 thông báo mới: Quyền truy cập của ông/bà sắp hết hạn, …');
  assert.match(mail.body, /Hết hạn: 01\/02\/2027\r\n/);
}

test('notices reach people by e-mail, once, whatever the mail server does', { timeout: 90000 }, async () => {
  for (const name of ['mails', 'rules.json']) rmSync(`${folder}${name}`, { force: true });
  const port = await freePort('127.0.0.1'), url = `smtp://127.0.0.1:${port}`;
  const [a, b, c, d] = await Promise.all([official(p02), official(p02), official(p02), official(p02), certificate()]);
  // What there was occasion to tell before, that these were given a role too, would go first.
  await sql('UPDATE sen.notice SET mail_look_at = NULL WHERE mail_look_at IS NOT NULL');
  let server = await mailServer(port);
  await nothingToAStranger(a, port);
  const both = await Promise.all([provisioner('one', 911, url), provisioner('two', 912, url)]);
  await aWholeMessage(a);
  await laterAndNever(b, c);
  await Promise.all([inDoubt(d), gathered(c)]);

  await server.stop();
  await tell(b, 'grant_expires');
  await until('an attempt', async () => /no answer from the mail server/.test((await rowOf(b)).detail));
  server = await mailServer(port);
  await ended(b, 'delivered');
  const ids = mails().map((mail) => mail.header['message-id']);
  assert.equal(ids.length - new Set(ids).size, 1, 'the one in doubt');
  const metrics = (await Promise.all(both.map((program) => program.metrics()))).join('\n');
  const sum = (name) => [...metrics.matchAll(new RegExp(`^sen_provisioner_${name} (\\d+)$`, 'gm'))].reduce((n, [, value]) => n + Number(value), 0);
  assert.equal(sum('mail_attempts_total{outcome="delivered"}'), ids.length - 1);
  assert.equal(sum('mail_attempts_total{outcome="refused"}'), 1);
  assert.equal(sum('mail_in_doubt_total'), 1);
});
