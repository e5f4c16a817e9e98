// A platform without any interface: what shall be done becomes numbered lines, an officer carries them out and confirms, or the
// platform's own list does; served by a provisioner beside the stack's own.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { launch } from '../../deploy/driver/browser.mjs';
import { answers, env, folderFor, freePort, start, until, write } from './lib/integrate.mjs';
import { deputyOf } from './lib/versioned.mjs';
import { newPlatform } from './lib/platforms.mjs';
import { administrator, basis, freshEmployee, official, p02, senctlAs, sql } from './lib/world.mjs';

const code = 'GIAY', path = `/platforms/${code}`;
const data = (csv) => Buffer.from(csv).toString('base64url');
let admin, officer, second, metrics;

// The configuration of the stack's own, with another platform in place of its platforms.
async function provisioner() {
  const own = folderFor('forms-provisioner'), port = await freePort('127.0.0.1');
  const config = readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8').replace(/\n\[connector\.[^]*$/, '\n')
    .replace(/^listen = .*$/m, `listen = 127.0.0.1:${port}`).replace('[database]', '[database]\naudit_chain = 910');
  const file = write(own, 'conf', `${config}\n[connector.${code}]\nkind = form\n`);
  await start(`${env.SEN_STATE}/bin/sen-provisioner`, ['--config', file], { cwd: own, ready: answers(`http://127.0.0.1:${port}/readyz`) });
  metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

const call = async (who, method, what, body, extra) => {
  const answer = await who.api(method, what, body, extra);
  assert.ok(answer.status < 300, `${method} ${what}: ${answer.status} ${answer.text}`);
  return answer.json;
};
const bindingOf = async (login) => (await call(admin, 'GET', `/accounts/${login}`)).bindings.find((b) => b.platform === code);
const settled = (login, state, beyond = 0) => until(`${login} ${state}`, async () => {
  const binding = await bindingOf(login);
  return binding?.state === state && (binding.waits_for?.form ?? Infinity) > beyond && binding;
});
const formOf = async (login, beyond) => (await settled(login, 'waiting', beyond)).waits_for;
const close = (number) => call(officer, 'POST', `${path}/forms/${number}/close`);
const confirm = (number, ...lines) => call(officer, 'POST', `${path}/forms/${number}/confirm`, { lines });
const upload = (csv, more = {}) => call(officer, 'POST', `${path}/form-lists`, { data: data(csv), ...more });
const give = (login, role = 'CAN_BO') => call(admin, 'POST', '/grants', { login, platform: code, role, basis });
const newcomer = async () => (await call(admin, 'POST', '/grants', { employee_code: await freshEmployee(), platform: code, role: 'CAN_BO', basis })).login;
const takeAll = (login) => call(admin, 'POST', '/grants/revoke', { login, reason: 'Thôi việc' });

before(async () => {
  await newPlatform(code, { name: 'Hệ thống quản lý văn bằng', kind: 'central', managingUnit: 'Bộ Giáo dục và Đào tạo' });
  admin = await administrator();
  officer = await deputyOf('40', ['read'], code);
  second = await deputyOf('40', ['read', 'approve'], code);
});
let browser;
after(async () => { await browser?.close(); });

test('an officer carries out what the forms ask, and everything is settled by their word or by the list', async () => {
  await provisioner();
  const setting = await call(admin, 'GET', `${path}/form-setting`);
  const times = { lines: 40, close_min: 1440, urgent_min: 0, due_days: 3, urgent_days: 1 };
  const withOfficer = (login, version) => admin.api('PUT', `${path}/form-setting`, { officer: login, ...times }, { 'if-match': `"${version}"` });
  const stranger = await official(p02);
  assert.equal((await withOfficer(stranger.login, setting.version)).status, 422);
  assert.equal((await withOfficer(officer.login, setting.version)).status, 200);
  assert.equal((await withOfficer(officer.login, 77)).status, 412);

  // A grant becomes a line of an open form.
  const login = await newcomer(), other = await newcomer();
  const first = await formOf(login), alsoFirst = await formOf(other);
  assert.equal(first.form, 1);
  assert.equal(alsoFirst.form, 1);
  assert.deepEqual([first.line, alsoFirst.line].sort(), [1, 2]);
  assert.match(await senctlAs(admin, ['account', 'show', login]), new RegExp(`chờ phiếu 1, dòng ${first.line}`));
  assert.equal((await officer.api('POST', `${path}/forms/1/confirm`, { lines: [1] })).status, 409);

  // While it is open a newer state takes the line's place.
  await give(login, 'LANH_DAO');
  const both = (form) => form.lines.find((line) => line.login === login).roles.map((role) => role.code).join();
  await until('both roles in the line', async () => both(await call(officer, 'GET', `${path}/forms/1`)) === 'CAN_BO,LANH_DAO');
  assert.equal((await admin.api('POST', `${path}/forms/1/close`)).status, 403);
  assert.equal((await close(1)).state, 'out');

  // On paper.
  const csv = await senctlAs(admin, ['form', 'export', code, '1', '--csv']);
  assert.ok(csv.startsWith('"STT","Họ và tên"'), csv.slice(0, 40));
  const raw = await fetch(`${env.SEN_API}${path}/forms/1/csv`, { headers: { authorization: `Bearer ${await officer.accessToken()}` } });
  assert.equal(Buffer.from(await raw.arrayBuffer()).subarray(0, 3).toString('hex'), 'efbbbf');
  assert.ok(csv.includes(`"${login}"`) && csv.includes('Lãnh đạo (LANH_DAO)') && csv.includes('Cấp tài khoản mới'));
  const html = await senctlAs(admin, ['form', 'export', code, '1', '--html']);
  browser = await launch(chromium);
  const page = await browser.newPage();
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.setContent(html);
  assert.equal(await page.locator('h1').innerText(), 'PHIẾU ĐỀ NGHỊ');
  assert.equal(await page.locator('tbody tr').count(), 2);
  assert.equal(await page.locator('script').count(), 0);
  const pdf = await page.pdf({ preferCSSPageSize: true });
  assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length, 1);
  assert.deepEqual(requests, []);

  // Only the officer, and never about what they granted themselves.
  for (const who of [admin, second]) assert.equal((await who.api('POST', `${path}/forms/1/confirm`, { lines: [1] })).status, 403);
  await confirm(1, first.line);
  const done = await settled(login, 'in_sync');
  assert.equal(done.confirmed.by, officer.login);
  assert.match(await senctlAs(admin, ['account', 'show', login]), new RegExp(`xác nhận bởi ${officer.login}, \\d{4}-`));

  // A refusal blocks with its note, until it is asked once more.
  await senctlAs(officer, ['form', 'refuse', code, '1', '--lines', String(alsoFirst.line), '--note', 'Không tìm thấy người này']);
  assert.equal((await settled(other, 'blocked')).error, 'refused');
  await call(officer, 'POST', `${path}/forms/1/again`, { lines: [alsoFirst.line] });
  assert.equal((await formOf(other)).form, 2);

  // A revocation goes out at once, in a form of its own urgency; a state that is newer than paper says which line it replaces.
  await takeAll(login);
  const off = await formOf(login);
  const out = await until('closed as urgent', async () => {
    const form = await call(officer, 'GET', `${path}/forms/${off.form}`);
    return form.closed_at && form;
  });
  assert.equal(out.close_reason, 'urgent');
  assert.equal(Date.parse(out.due_at) - Date.parse(out.closed_at), 86400000);
  await takeAll(other);
  const replacing = await formOf(other, 2);
  const line = (await call(officer, 'GET', `${path}/forms/${replacing.form}`)).lines.find((l) => l.line === replacing.line);
  assert.equal(line.operation, 'disable');
  assert.equal(line.replaces.form, 2);

  // The officer says that it is done; the platform's own list shows that it is not.
  await confirm(off.form, off.line);
  await settled(login, 'in_sync');
  const [[employee]] = await sql('SELECT p.employee_code FROM sen.person p JOIN sen.account a ON a.person_id = p.id WHERE a.login = $1', login);
  const proved = (await call(admin, 'GET', `/persons/${employee}/offboarding`)).platforms.find((p) => p.platform === code);
  assert.deepEqual([proved.proof, proved.read, proved.reason, proved.operation], ['confirmed', 'inactive', null, `form ${off.form} line ${off.line}`]);
  const list = await upload(`Tên đăng nhập;Trạng thái;Vai trò\n${login};Đang hoạt động;Cán bộ, Lãnh đạo\nnguoi.la;Đang hoạt động;Cán bộ\n`);
  assert.equal(list.state, 'applied');
  assert.deepEqual(list.report.drift.map((d) => d.login), [login]);
  assert.deepEqual(list.foreign, ['nguoi.la']);
  const again = await formOf(login);
  assert.ok(again.form > off.form);
  await until('closed again', async () => (await call(officer, 'GET', `${path}/forms/${again.form}`)).closed_at);
  const proof = await upload(`login;active\n${login};0\n`);
  assert.ok(proof.report.settled.some((s) => s.form === again.form && s.lines.includes(again.line)));
  const view = await settled(login, 'in_sync');
  assert.deepEqual([view.want_active, view.seen, view.confirmed.how], [false, 'inactive', 'list']);
  const counted = new RegExp(`sen_provisioner_forms\\{platform="${code}",state="out"\\} \\d`);
  await until('the housekeeper has counted the forms', async () => counted.test(await metrics()));

  // A short list waits for a second person.
  const logins = [await newcomer(), await newcomer()];
  const { form } = await formOf(logins[0]);
  await formOf(logins[1]);
  await close(form);
  const lines = (await call(officer, 'GET', `${path}/forms/${form}`)).lines.filter((l) => logins.includes(l.login)).map((l) => l.line);
  await confirm(form, ...lines);
  const short = await upload(`login\n${logins[0]}\n`);
  assert.equal(short.state, 'held');
  assert.equal((await officer.api('POST', `${path}/form-lists/${short.id}/release`)).status, 403);
  assert.equal((await call(second, 'POST', `${path}/form-lists/${short.id}/release`)).state, 'applied');
  await formOf(logins[1]);
  assert.equal((await bindingOf(logins[0])).state, 'in_sync');
});
