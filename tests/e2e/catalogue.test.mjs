// The catalogue of shared platforms: entries, life cycle, gates, lists, roll-out, guidance; and what closing a platform ends.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';

import { senctl, senctlJson, until } from '../../deploy/driver/world.mjs';
import { register } from './lib/clients.mjs';
import { Administrator, administrator, authorizeUrl, basis, env, introspectAs, official, p02, refresh, sql, tokensFor, userinfo, handOn, insist, senctlAs } from './lib/world.mjs';

const RIGHTS = ['read', 'grant', 'revoke', 'catalogue', 'appraise', 'review'];
const mark = randomBytes(3).toString('hex').toUpperCase();
const code = (name) => `E${mark}${name}`;
const today = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);

async function deputy(unit, rights = RIGHTS) {
  const person = await official(p02);
  const answer = await handOn({ login: person.login, unit, rights });
  assert.equal(answer.status, 201, answer.text);
  return Object.assign(new Administrator(person.agent, person.login, person.password), { person });
}

// A change of what was seen: with If-Match; version undefined sends none.
const change = (...request) => insist(() => send(...request));
async function send(who, method, path, body, version, headers = {}) {
  const answer = await fetch(`${env.SEN_API}${path}`, {
    method, body: JSON.stringify(body),
    headers: { authorization: `Bearer ${await who.accessToken()}`, 'content-type': 'application/json',
      ...(version === undefined ? {} : { 'if-match': version }), ...headers },
  });
  const text = await answer.text();
  return { status: answer.status, text, json: text ? JSON.parse(text) : undefined, headers: answer.headers, etag: answer.headers.get('etag') };
}

// Each has a function of its own: one that does what another does would be a finding of overlap.
let serial = 0;
const words = () => `q${serial += 1}x w${serial}y z${serial}v k${serial}h`;
const entry = (over = {}) => ({
  name: `Nền tảng thử nghiệm ${mark} ${words()}`, kind: 'provincial', managing_unit: 'NA-S08', contact_name: 'Nguyễn Văn Đầu Mối', contact: '0238.000.000',
  sector: 'Khoa học và Công nghệ', description: `Quản lý ${words()}`, functions: [`thu-nghiem-${serial}-${mark}`], scopes: ['tinh', 'xa'],
  legal_basis: 'Quyết định 3050/QĐ-UBND', security_level: 3, expected_on: '2025-12-31', target_scope: 'all', ...over,
});
const etagOf = async (who, name) => (await fetch(`${env.SEN_API}/platforms/${name}`, { headers: { authorization: `Bearer ${await who.accessToken()}` } })).headers.get('etag');
const move = async (who, name, to, more = {}) => change(who, 'POST', `/platforms/${name}/transitions`, { to, ...more }, await etagOf(who, name));
const decision = { decision_no: '12/QĐ-UBND', decision_on: '2026-01-05' };

async function moved(who, name, to, more) {
  const answer = await move(who, name, to, more);
  assert.equal(answer.status, 200, `${name} to ${to}: ${answer.text}`);
  return answer.json;
}

async function made(who, path, body) {
  const answer = await who.api('POST', path, body);
  assert.equal(answer.status, 201, `${path}: ${answer.text}`);
  return answer.json;
}

let writer, appraiser, approver, commune, communeUnit;
before(async () => {
  [[communeUnit]] = await sql(`SELECT code FROM sen.unit WHERE kind = 'commune' ORDER BY code LIMIT 1`);
  writer = await deputy('40');
  appraiser = await deputy('40');
  approver = await deputy('40');
  commune = await deputy(communeUnit);
});

// A platform from proposal to "completed", with everything but its gates.
async function completed(name) {
  await made(writer, '/platforms', { code: name, ...entry() });
  await moved(appraiser, name, 'appraised');
  await moved(approver, name, 'approved', decision);
  await moved(writer, name, 'building');
  await moved(writer, name, 'completed', { completed_on: '2026-02-01' });
}

async function pass(name, kind, more) {
  const gate = await made(writer, `/platforms/${name}/gates`, { kind, ...more });
  const answer = await change(approver, 'POST', `/platforms/${name}/gates/${gate.id}/decide`, { passed: true, note: 'Đạt' });
  assert.equal(answer.status, 200, answer.text);
  return gate.id;
}
const security = { approval_no: '77/QĐ-SKHCN', approval_on: '2026-01-01', checked_on: '2026-02-01', evidence: 'Báo cáo kiểm tra' };

test('an entry is drawn up, shown with what is overdue, found, and listed page by page', async () => {
  const name = code('A');
  const added = await change(writer, 'POST', '/platforms', { code: name, ...entry() });
  assert.equal(added.status, 201, added.text);
  assert.equal(added.etag, '"1"');
  assert.deepEqual([added.json.state, added.json.state_word, added.json.open, added.json.overdue, added.json.mark],
    ['proposed', 'Đề xuất', false, true, 'chưa xác minh']);
  assert.equal(added.json.expected_shown, 'dự kiến 12/2025 – chờ xác nhận');
  assert.equal((await change(writer, 'POST', '/platforms', { code: name, ...entry() })).status, 409);
  const english = await fetch(`${env.SEN_API}/platforms/${name}`, { headers: { authorization: `Bearer ${await writer.accessToken()}`, 'accept-language': 'en' } });
  assert.equal((await english.json()).expected_shown, 'expected 12/2025 – to be confirmed');
  const codes = async (query) => (await writer.api('GET', `/platforms?${query}`)).json.platforms.map((p) => p.code);
  assert.deepEqual(await codes(`q=${encodeURIComponent(`NEN TANG thu nghiem ${mark}`)}`), [name]);
  assert.ok((await codes('overdue=true')).includes(name));
  assert.ok(!(await codes('overdue=false')).includes(name));
  assert.ok((await codes('unit=40&state=proposed')).includes(name));
  assert.ok(!(await codes('unit=NA-S01')).includes(name));
  assert.ok(!(await codes('kind=central')).includes(name));
  // Page by page, each once, in order; without a limit all there are.
  const all = await codes('');
  const paged = [];
  for (let next = ''; next !== null;) {
    const { json } = await writer.api('GET', `/platforms?limit=2${next && `&after=${next}`}`);
    assert.ok(json.platforms.length <= 2);
    paged.push(...json.platforms.map((p) => p.code));
    next = json.next;
  }
  assert.deepEqual(paged, all);
});

test('two administrators edit one entry: one wins, the other is told', async () => {
  const name = code('B');
  await made(writer, '/platforms', { code: name, ...entry() });
  const seen = await etagOf(writer, name);
  const answers = await Promise.all([writer, appraiser].map((who, i) => change(who, 'PUT', `/platforms/${name}`, entry({ note: `Lần ${i}` }), seen)));
  assert.deepEqual(answers.map((a) => a.status).sort(), [200, 412]);
  assert.equal(answers.find((a) => a.status === 412).json.code, 'precondition_failed');
  assert.equal(answers.find((a) => a.status === 200).etag, '"2"');
  assert.equal((await change(writer, 'PUT', `/platforms/${name}`, entry())).status, 428);
  assert.equal((await change(writer, 'PUT', `/platforms/${name}`, entry(), '*')).status, 400);
  assert.equal((await change(writer, 'PUT', `/platforms/${name}`, entry(), 'W/"2"')).status, 400);
  const many = await Promise.all(Array.from({ length: 20 }, (_, i) => change(writer, 'PUT', `/platforms/${name}`, entry({ note: `${i}` }), '"2"')));
  assert.equal(many.filter((a) => a.status === 200).length, 1);
});

test('a commune cannot create, edit or move an entry, whatever rights its scope names', async () => {
  const name = code('C');
  for (const managing_unit of [communeUnit, '40', 'NA-S08', 'Bộ Công an']) {
    const answer = await change(commune, 'POST', '/platforms', { code: name, ...entry({ managing_unit, kind: managing_unit.startsWith('B') ? 'central' : 'proposed' }) });
    assert.equal(answer.status, 403, answer.text);
    assert.equal(answer.json.code, 'out_of_scope');
  }
  // Nor is one made for it.
  assert.equal((await change(writer, 'POST', '/platforms', { code: name, ...entry({ managing_unit: communeUnit }) })).status, 403);
  await made(writer, '/platforms', { code: name, ...entry() });
  assert.equal((await change(commune, 'PUT', `/platforms/${name}`, entry(), '"1"')).status, 403);
  assert.equal((await change(commune, 'PUT', `/platforms/${name}/plan`, { milestones: [{ name: 'x', due_on: today, responsible: 'y' }] }, '"1"')).status, 403);
  assert.equal((await move(commune, name, 'appraised')).status, 403);
  assert.equal((await change(commune, 'POST', `/platforms/${name}/roles`, { code: 'X', name: 'x', sensitivity: 'low' })).status, 403);
  assert.equal((await change(commune, 'POST', '/platform-lists', { unit: communeUnit, title: 'x', platforms: [name] })).status, 403);
  assert.equal((await change(commune, 'POST', '/reference-documents',
    { unit: communeUnit, code: code('X'), kind: 'architecture', number: '1', title: 'x', issued_on: today })).status, 403);
  assert.equal((await sql('SELECT version FROM sen.platform WHERE code = $1', name))[0][0], '1');
  assert.equal((await sql('SELECT count(*) FROM sen.audit WHERE object = $1', name))[0][0], '1', 'a refused change left a record, or one that was made left none');
});

test('nobody appraises what they drew up or edited; of 50 at once one moves it', async () => {
  const name = code('D');
  await made(writer, '/platforms', { code: name, ...entry() });
  const self = await move(writer, name, 'appraised');
  assert.equal(self.status, 403);
  assert.equal(self.json.code, 'four_eyes');
  // Who edits it takes part in drawing it up.
  const edited = await change(appraiser, 'PUT', `/platforms/${name}`, entry({ note: 'sửa' }), await etagOf(writer, name));
  assert.equal(edited.status, 200);
  assert.equal((await move(appraiser, name, 'appraised')).status, 403);
  const seen = await etagOf(writer, name);
  const answers = await Promise.all(Array.from({ length: 50 }, () => change(approver, 'POST', `/platforms/${name}/transitions`, { to: 'appraised' }, seen)));
  assert.equal(answers.filter((a) => a.status === 200).length, 1);
  for (const a of answers) assert.ok([200, 412].includes(a.status), a.text);
  assert.equal((await sql(`SELECT count(*) FROM sen.platform_transition t JOIN sen.platform p ON p.id = t.platform_id WHERE p.code = $1`, name))[0][0], '1');
  assert.equal((await move(approver, name, 'approved', decision)).json.code, 'four_eyes');
  assert.equal((await move(approver, name, 'operating')).json.code, 'wrong_state');
});

test('deployment waits for three gates, and a gate expires with its reference document', async () => {
  const name = code('F');
  const architecture = code('KT'), strategy = code('KH');
  await completed(name);
  let refused = await move(writer, name, 'deploying');
  assert.equal(refused.status, 409);
  assert.equal(refused.json.code, 'blocked');
  assert.equal(refused.json.args.needs, 'gate_architecture, gate_strategy, gate_security, guidance, plan');
  assert.match(refused.json.detail, /Khung kiến trúc số tỉnh/);
  // The province has one architecture in force: whatever there was before is named.
  const [old] = (await approver.api('GET', '/reference-documents?kind=architecture&state=in_force&limit=200')).json.documents.filter((d) => d.unit === '40');
  const document = { unit: '40', number: '4520/QĐ-UBND', title: 'Khung kiến trúc số tỉnh Nghệ An', issued_on: '2025-12-31' };
  await made(approver, '/reference-documents', { ...document, code: architecture, kind: 'architecture', ...(old && { replaces: old.version, replaces_code: old.code }) });
  await made(approver, '/reference-documents', { ...document, code: strategy, kind: 'strategy' });
  assert.equal((await change(approver, 'POST', '/reference-documents', { ...document, code: code('KTB'), kind: 'architecture' })).status, 409);
  assert.equal((await change(approver, 'POST', '/reference-documents', { ...document, code: code('KTB'), kind: 'architecture', replaces_code: architecture })).status, 422);
  // A department's own is none of the province.
  await made(approver, '/reference-documents', { ...document, unit: 'NA-S08', code: code('KTS'), kind: 'architecture', issued_on: today });
  assert.equal((await change(writer, 'POST', `/platforms/${name}/gates`, { kind: 'architecture', document: code('KTS'), item: 'x' })).status, 422);
  assert.equal((await change(writer, 'POST', `/platforms/${name}/gates`, { kind: 'security', ...security, checked_on: '2099-01-01' })).status, 422);
  // One submits, another passes.
  const gate = await made(approver, `/platforms/${name}/gates`, { kind: 'architecture', document: architecture, item: 'Lớp ứng dụng' });
  const own = await change(approver, 'POST', `/platforms/${name}/gates/${gate.id}/decide`, { passed: true, note: 'Tự duyệt' });
  assert.equal(own.status, 403);
  assert.equal(own.json.code, 'four_eyes');
  assert.equal((await change(writer, 'POST', `/platforms/${name}/gates/${gate.id}/decide`, { passed: true, note: 'Người lập' })).json.code, 'four_eyes');
  assert.equal((await change(commune, 'POST', `/platforms/${name}/gates/${gate.id}/decide`, { passed: true, note: 'Xã' })).status, 403);
  const decided = await Promise.all(Array.from({ length: 20 }, () => change(appraiser, 'POST', `/platforms/${name}/gates/${gate.id}/decide`, { passed: true, note: 'Đạt' })));
  assert.equal(decided.filter((a) => a.status === 200).length, 1);
  await pass(name, 'strategy', { document: strategy, item: 'Nhiệm vụ 12' });
  await pass(name, 'security', security);
  const plan = await change(writer, 'PUT', `/platforms/${name}/plan`,
    { milestones: [{ name: 'Triển khai 130 xã, phường', units: '130 xã, phường', due_on: '2026-12-31', responsible: 'Lê Thị Bình' }] }, await etagOf(writer, name));
  assert.equal(plan.status, 200, plan.text);
  await made(writer, `/platforms/${name}/guidance`, { code: 'HD1', kind: 'document', title: 'Hướng dẫn sử dụng', url: 'https://nghean.gov.vn/hd' });
  // A new version of the architecture.
  const stale = await change(approver, 'POST', '/reference-documents',
    { unit: '40', code: architecture, kind: 'architecture', number: '99/QĐ-UBND', title: 'Khung kiến trúc 2.0', issued_on: today });
  assert.equal(stale.status, 409, 'a version in force was replaced without being named');
  const renewed = await made(approver, '/reference-documents',
    { unit: '40', code: architecture, kind: 'architecture', number: '99/QĐ-UBND', title: 'Khung kiến trúc 2.0', issued_on: today, replaces: 1 });
  assert.deepEqual([renewed.version, renewed.gates_expired], [2, 1]);
  assert.equal((await writer.api('GET', `/platforms/${name}`)).json.gates.architecture, 'expired');
  refused = await move(writer, name, 'deploying');
  assert.equal(refused.json.args.needs, 'gate_architecture');
  const outlook = (await writer.api('GET', `/platforms/${name}/transitions`)).json;
  assert.deepEqual(outlook.possible.map((p) => [p.to, p.allowed, p.missing]), [['deploying', false, ['gate_architecture']]]);
  await pass(name, 'architecture', { document: architecture, item: 'Lớp ứng dụng' });
  const done = await moved(writer, name, 'deploying');
  assert.equal(done.state_word, 'Đang triển khai');
  const { history } = (await writer.api('GET', `/platforms/${name}/transitions`)).json;
  assert.deepEqual(history.map((t) => t.to), ['deploying', 'completed', 'building', 'approved', 'appraised']);
  assert.deepEqual([history[3].by, history[3].decision_no, history[3].decision_on], [approver.login, decision.decision_no, decision.decision_on]);
});

test('what was appraised stays what it was: kind, contact and tags; nothing is completed on a day to come', async () => {
  const name = code('E'), whole = entry();
  await made(writer, '/platforms', { code: name, ...whole });
  const edit = async (over) => change(writer, 'PUT', `/platforms/${name}`, { ...whole, ...over }, await etagOf(writer, name));
  assert.equal((await edit({ completed_on: '2099-01-01' })).json.args.field, 'completed_on');
  // A central one is a ministry's, whichever of our units keeps its entry.
  const nobodys = await edit({ kind: 'central' });
  assert.deepEqual([nobodys.status, nobodys.json.args.field], [422, 'owner']);
  const ministry = 'Bộ Khoa học và Công nghệ';
  assert.equal((await edit({ kind: 'central', owner: ministry })).json.owner, ministry);
  assert.equal((await edit({})).status, 200);
  await moved(appraiser, name, 'appraised');
  const other = await edit({ kind: 'central', owner: ministry });
  assert.deepEqual([other.status, other.json.code], [409, 'wrong_state']);
  for (const field of ['contact_name', 'description', 'functions', 'scopes']) {
    const answer = await edit({ [field]: undefined });
    assert.deepEqual([answer.status, answer.json.args?.field], [422, field], answer.text);
  }
  assert.equal((await edit({ contact_name: 'Trần Thị Thuỷ' })).status, 200);
});

test('an entry is compared when it is made and when it is edited; it goes nowhere while a finding is open, and no author closes it', async () => {
  const name = code('O');
  const same = { ...entry(), name: 'Phần mềm một cửa điện tử tỉnh', description: 'Nộp hồ sơ thủ tục hành chính trực tuyến, tiếp nhận và trả kết quả', functions: undefined };
  const found = async () => (await writer.api('GET', `/overlaps?platform=${name}&state=open&limit=200`)).json.overlaps.filter((f) => f.blocks);
  await made(writer, '/platforms', { code: name, ...same });
  assert.ok((await found()).some((f) => f.with === 'P01' && f.kind === 'central'), 'nothing was found when it was made');
  assert.equal((await change(writer, 'PUT', `/platforms/${name}`, entry(), await etagOf(writer, name))).status, 200);
  assert.deepEqual(await found(), []);
  assert.equal((await change(appraiser, 'PUT', `/platforms/${name}`, { ...same, functions: ['mot-cua'] }, await etagOf(writer, name))).status, 200);
  const findings = await found();
  assert.ok(findings.length > 0, 'nothing was found when it was edited');
  const refused = await move(approver, name, 'appraised');
  assert.deepEqual([refused.status, refused.json.args.needs], [409, 'overlap']);
  for (const f of findings) {
    const body = { different_because: 'Khác vì chỉ quản lý kho vật tư nội bộ của tỉnh', evidence: 'Báo cáo thẩm định số 12' };
    for (const author of [writer, appraiser]) assert.equal((await change(author, 'POST', `/overlaps/${f.id}/close`, body, `"${f.version}"`)).json.code, 'four_eyes');
    assert.equal((await change(approver, 'POST', `/overlaps/${f.id}/close`, body, `"${f.version}"`)).status, 200);
  }
  const outlook = (await writer.api('GET', `/platforms/${name}/transitions`)).json.possible;
  assert.deepEqual(outlook.map((p) => [p.to, p.allowed, p.another_person]), [['appraised', false, true], ['refused', false, true]]);
  await moved(approver, name, 'appraised');
});

test('closing a platform removes its roles from tokens and disables the accounts there', async () => {
  const name = code('G'), id = `close-${mark.toLowerCase()}`;
  await completed(name);
  await made(writer, `/platforms/${name}/roles`, { code: 'XULY', name: 'Xử lý hồ sơ', sensitivity: 'normal' });
  const client = { ...await register(id, { platform: name, redirect_uris: [`https://${id}.example/cb`] }) };
  const person = await official(p02);
  const answer = await (await administrator()).api('POST', '/grants', { login: person.login, platform: name, role: 'XULY', basis });
  assert.equal(answer.status, 201, answer.text);
  const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  const rolesOf = (tokens) => claims(tokens.id_token).roles;
  const tokens = await tokensFor(person.agent, client, { scope: 'openid roles offline_access' });
  assert.equal(rolesOf(tokens).length, 1);
  assert.match(JSON.stringify(rolesOf(tokens)), /XULY/);
  const wanted = async () => (await sql(`SELECT b.want_active FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id
    WHERE b.account_id = $1 AND p.code = $2`, person.id, name))[0]?.[0];
  await until('the account is wanted on the platform', async () => (await wanted()) === 't');
  // From completed nothing but deployment follows: the states in between are the operator's here.
  await sql(`UPDATE sen.platform SET state = 'reviewing', moved_by = NULL WHERE code = $1`, name);
  assert.equal((await move(approver, name, 'stopped', { reason: 'x' })).json.args.needs, 'decision');
  await moved(approver, name, 'stopped', { ...decision, reason: 'Trùng với nền tảng trung ương' });
  assert.equal((await userinfo(tokens.access_token)).status, 401);
  assert.equal((await introspectAs(client, tokens.access_token)).active, false);
  assert.equal((await refresh(client, tokens.refresh_token)).status, 400);
  // Signed in still, on what stays; but not there.
  const again = await person.agent.request(authorizeUrl(env, client, { scope: 'openid roles' }).url);
  assert.equal(again.status, 403);
  assert.match(again.text, /Chưa được cấp quyền/);
  const elsewhere = await tokensFor(person.agent, p02, { scope: 'openid roles' });
  assert.ok(rolesOf(elsewhere).length > 0);
  await until('the account is not wanted any more', async () => (await wanted()) === 'f');
  assert.equal((await (await administrator()).api('POST', '/grants', { login: person.login, platform: name, role: 'XULY', basis })).json.code, 'platform_closed');
});

test('a role is edited under its version, and retired not over the heads of those who hold it', async () => {
  const name = code('H');
  await completed(name);
  const role = await change(writer, 'POST', `/platforms/${name}/roles`, { code: 'TRACUU', name: 'Tra cứu', sensitivity: 'low' });
  assert.equal(role.status, 201, role.text);
  assert.equal(role.etag, '"1"');
  const edited = await change(writer, 'PUT', `/platforms/${name}/roles/TRACUU`, { name: 'Tra cứu hồ sơ', sensitivity: 'normal' }, role.etag);
  assert.equal(edited.status, 200);
  assert.equal((await change(appraiser, 'PUT', `/platforms/${name}/roles/TRACUU`, { name: 'x', sensitivity: 'low' }, role.etag)).status, 412);
  const person = await official(p02);
  await made(await administrator(), '/grants', { login: person.login, platform: name, role: 'TRACUU', basis });
  const path = `/platforms/${name}/roles/TRACUU/retire`;
  const held = await change(writer, 'POST', path, { reason: 'Bỏ vai trò' }, edited.etag);
  assert.equal(held.status, 409);
  assert.deepEqual([held.json.args.needs, held.json.args.n], ['grants', '1']);
  const retired = await change(writer, 'POST', path, { reason: 'Bỏ vai trò', end_grants: true }, edited.etag);
  assert.equal(retired.json.grants_ended, 1, retired.text);
  assert.equal((await (await administrator()).api('POST', '/grants', { login: person.login, platform: name, role: 'TRACUU', basis })).status, 404);
  assert.ok(!(await writer.api('GET', `/platforms/${name}`)).json.roles.some((r) => r.code === 'TRACUU'));
});

test('promulgated lists: another signs, dates decide which is in force, and two are compared', async () => {
  const names = [code('K'), code('L')];
  const entries = names.map(() => entry());
  for (const [i, name] of names.entries()) await made(writer, '/platforms', { code: name, ...entries[i] });
  const draft = { unit: '40', title: 'Danh mục nền tảng số dùng chung', announced_total: 42, platforms: ['P02', names[0]] };
  const first = await change(writer, 'POST', '/platform-lists', draft);
  assert.equal(first.status, 201, first.text);
  const id = first.json.id;
  assert.deepEqual([first.json.state, first.json.n_entries, first.json.announced_total], ['draft', 2, 42]);
  // Days of their own: other lists of the province may be there.
  const [[day]] = await sql(`SELECT coalesce(max(effective_on) + 1, date '2001-01-01') FROM sen.platform_list WHERE effective_on < date '2020-01-01'`);
  const [[later]] = await sql(`SELECT date '${day}' + 1`);
  const signature = { decision_no: '15/QĐ-UBND', signed_on: day, signer: 'Chủ tịch UBND tỉnh' };
  assert.equal((await change(writer, 'POST', `/platform-lists/${id}/sign`, signature, first.etag)).json.code, 'four_eyes');
  assert.equal((await change(appraiser, 'POST', `/platform-lists/${id}/sign`, signature)).status, 428);
  assert.equal((await change(appraiser, 'POST', `/platform-lists/${id}/sign`, { ...signature, effective_on: '2000-01-01' }, first.etag)).status, 422);
  const signed = await Promise.all(Array.from({ length: 10 }, () => change(appraiser, 'POST', `/platform-lists/${id}/sign`, signature, first.etag)));
  assert.equal(signed.filter((a) => a.status === 200).length, 1);
  assert.equal((await change(writer, 'PUT', `/platform-lists/${id}`, { title: 'x', platforms: ['P02'] }, '"2"')).json.code, 'wrong_state');
  // The second takes one out, another in, and finds one changed.
  assert.equal((await change(writer, 'PUT', `/platforms/${names[0]}`, { ...entries[0], sector: 'Y tế' }, await etagOf(writer, names[0]))).status, 200);
  const second = await made(writer, '/platform-lists', { ...draft, platforms: names });
  const diff = (await writer.api('GET', `/platform-lists/${second.id}/diff?against=${id}`)).json;
  assert.deepEqual(diff.added.map((e) => e.code), [names[1]]);
  assert.deepEqual(diff.removed.map((e) => e.code), ['P02']);
  assert.deepEqual(diff.changed.map((e) => [e.code, e.fields]), [[names[0], [{ field: 'sector', before: 'Khoa học và Công nghệ', after: 'Y tế' }]]]);
  assert.equal((await change(appraiser, 'POST', `/platform-lists/${second.id}/sign`, { ...signature, effective_on: later, signed_on: later }, '"1"')).status, 200);
  const { json: { lists } } = await writer.api('GET', '/platform-lists?limit=200');
  assert.equal(lists.find((l) => l.id === id).state, 'superseded');
  assert.equal(lists.filter((l) => l.state === 'in_force' && l.unit === '40').length, 1);
});

test('roll-out: planned for all, reported by each, counted per platform and per unit', async () => {
  const name = code('M');
  await completed(name);
  const early = await change(commune, 'PUT', `/platforms/${name}/rollout/${communeUnit}`, { state: 'done', done_on: today }, '"0"');
  assert.deepEqual([early.status, early.json.code, early.json.args.state], [409, 'wrong_state', 'Hoàn thành']);
  // The gates are the matter of another test.
  await sql(`UPDATE sen.platform SET state = 'deploying' WHERE code = $1`, name);
  const { planned } = await made(writer, `/platforms/${name}/rollout`, { unit_kind: 'commune', planned_on: '2026-06-30' });
  const [[communes]] = await sql(`SELECT count(*) FROM sen.unit WHERE kind = 'commune'`);
  assert.equal(planned, Number(communes));
  const path = `/platforms/${name}/rollout/${communeUnit}`;
  assert.equal((await change(commune, 'PUT', path, { state: 'done', done_on: today })).status, 428);
  assert.equal((await change(commune, 'PUT', path, { state: 'done' }, '"1"')).status, 422);
  const done = await change(commune, 'PUT', path, { state: 'done', started_on: '2026-02-02', done_on: today }, '"1"');
  assert.equal(done.status, 200, done.text);
  assert.equal((await change(writer, 'PUT', path, { state: 'planned' }, '"1"')).status, 412);
  const [[beside]] = await sql(`SELECT code FROM sen.unit WHERE kind = 'commune' AND code <> $1 ORDER BY code LIMIT 1`, communeUnit);
  assert.equal((await change(commune, 'PUT', `/platforms/${name}/rollout/${beside}`, { state: 'planned' }, '"1"')).status, 403);
  const all = (await writer.api('GET', `/platforms/${name}/rollout?limit=200`)).json;
  assert.deepEqual([all.summary.targets, all.summary.done, all.units.length], [144, 1, 144]);
  assert.equal(all.summary.late, Number(communes) - 1);
  const own = (await commune.api('GET', `/platforms/${name}/rollout`)).json;
  assert.deepEqual(own.units.map((u) => [u.unit, u.state]), [[communeUnit, 'done']]);
  const units = (await commune.api('GET', '/rollout')).json.units;
  assert.deepEqual(units.map((u) => u.unit), [communeUnit]);
  assert.ok(units[0].rollout.done >= 1 && units[0].rollout.percent > 0);
  assert.equal((await commune.api('GET', `/rollout/${beside}`)).status, 404);
  assert.ok((await commune.api('GET', `/rollout/${communeUnit}`)).json.platforms.some((p) => p.platform === name && p.state === 'done'));
});

test('guidance is acknowledged by units, and the report says who has not', async () => {
  const name = code('N');
  await completed(name);
  const guidance = await made(writer, `/platforms/${name}/guidance`, { code: 'HD', kind: 'contact', title: 'Đầu mối hỗ trợ', text: 'Gọi 0238.000.000' });
  const path = `/platforms/${name}/guidance/${guidance.id}/acknowledgements`;
  const many = await Promise.all(Array.from({ length: 20 }, () => change(commune, 'POST', path, { unit: communeUnit })));
  assert.deepEqual(many.map((a) => a.status).sort(), [...Array(19).fill(200), 201]);
  assert.equal((await change(commune, 'POST', path, { unit: 'NA-S01' })).status, 403);
  const missing = (await writer.api('GET', `${path}?missing=true&limit=200`)).json.units;
  assert.equal(missing.length, 143);
  assert.ok(!missing.some((u) => u.unit === communeUnit));
  const [read] = (await writer.api('GET', path)).json.units;
  assert.deepEqual([read.unit, read.acknowledged_by], [communeUnit, commune.login]);
  assert.deepEqual((await commune.api('GET', `${path}?missing=true`)).json.units, []);
  const next = await made(writer, `/platforms/${name}/guidance`, { code: 'HD', kind: 'contact', title: 'Đầu mối mới', text: 'Gọi 0238.111.111' });
  assert.equal(next.version, 2);
  assert.equal((await change(commune, 'POST', path, { unit: communeUnit })).json.code, 'wrong_state');
});

test('hostile and broken input', async () => {
  const name = code('Z');
  await made(writer, '/platforms', { code: name, ...entry() });
  for (const [what, body, expected] of [
    ['kind of platform zero', { kind: 'directory' }, 422], ['unknown kind', { kind: 'x' }, 422], ['a script as address', { home_url: 'javascript:alert(1)' }, 422],
    ['level 0', { security_level: 0 }, 422], ['level 6', { security_level: 6 }, 422], ['level as text', { security_level: '3' }, 422],
    ['unknown member', { state: 'operating' }, 400], ['unknown unit', { managing_unit: 'KHONGCO' }, 404], ['no such day', { expected_on: '2025-02-30' }, 422],
    ['tags with spaces', { functions: ['a b'] }, 422], ['17 tags', { functions: Array(17).fill('a') }, 422], ['a name of controls', { name: 'a\u0000b' }, 400],
    ['a long name', { name: 'a'.repeat(601) }, 422],
  ]) {
    const answer = await change(writer, 'PUT', `/platforms/${name}`, entry(body), '"1"');
    assert.equal(answer.status, expected, `${what}: ${answer.text}`);
  }
  for (const bad of ['DIR', 'd01', 'D01%27%20OR%201=1', '..%2f..', '%00'])
    for (const tail of ['', '/transitions', '/gates', '/rollout', '/guidance']) {
      const { status } = await fetch(`${env.SEN_API}/platforms/${bad}${tail}`, { headers: { authorization: `Bearer ${await writer.accessToken()}` } });
      assert.ok([400, 404].includes(status), `${bad}${tail}: ${status}`);
    }
  for (const path of ['/platforms?limit=0', '/platforms?limit=201', '/platforms?after=x', '/platforms?overdue=maybe', `/platforms/${name}/transitions?after=WyJ4Il0`,
    '/reference-documents?after=WyJ4IiwieSJd', '/platform-lists?after=WyJ4Il0', `/platforms/${name}/rollout?state=x`])
    assert.equal((await writer.api('GET', path)).status, 422, path);
  for (const path of ['/platform-lists/x', '/platform-lists/99999999999999999999', '/platform-lists/999999', '/platform-lists/999999/diff'])
    assert.equal((await writer.api('GET', path)).status, 404, path);
  assert.equal((await change(writer, 'POST', `/platforms/${name}/gates/${'0'.repeat(36)}/decide`, { passed: true, note: 'x' })).status, 404);
  assert.equal((await change(writer, 'POST', `/platforms/${name}/guidance`, { code: 'X', kind: 'video', title: 'x', url: 'data:text/html,x' })).status, 422);
  assert.equal((await change(writer, 'POST', `/platforms/${name}/guidance`, { code: 'X', kind: 'video', title: 'x' })).status, 422);
  assert.equal((await change(writer, 'PUT', '/platforms/DIR', entry(), '"1"')).status, 404);
  const [[count]] = await sql('SELECT version FROM sen.platform WHERE code = $1', name);
  assert.equal(count, '1');
});

test('who lacks the right is refused, also with the whole province in scope', async () => {
  const name = code('P');
  await made(writer, '/platforms', { code: name, ...entry() });
  const reader = await deputy('40', ['read', 'grant']);
  assert.equal((await reader.api('GET', `/platforms/${name}`)).status, 200);
  assert.equal((await change(reader, 'PUT', `/platforms/${name}`, entry(), '"1"')).status, 403);
  assert.equal((await change(reader, 'POST', `/platforms/${name}/transitions`, { to: 'appraised' }, '"1"')).status, 403);
  const keeper = await deputy('40', ['catalogue']);
  assert.equal((await change(keeper, 'POST', `/platforms/${name}/transitions`, { to: 'appraised' }, '"1"')).status, 403);
  const beside = await deputy('NA-S01');
  assert.equal((await change(beside, 'PUT', `/platforms/${name}`, entry(), '"1"')).status, 403);
  assert.equal((await change(beside, 'POST', `/platforms/${name}/transitions`, { to: 'appraised' }, '"1"')).status, 403);
});

test('senctl: the common work', async () => {
  const name = code('S');
  const file = `${env.SEN_STATE}/tmp/platform-${name}.json`;
  writeFileSync(file, JSON.stringify({ code: name, ...entry() }));
  assert.match(await senctl(env, ['platform', 'add', file]), new RegExp(`${name}.*Đề xuất.*chờ xác nhận`));
  assert.match(await senctl(env, ['platform', 'list', '--search', `thử nghiệm ${mark}`, '--overdue']), new RegExp(name));
  assert.match(await senctl(env, ['--lang', 'en', 'platform', 'show', name]), /Managing unit: NA-S08/);
  const shown = await senctlJson(env, ['platform', 'show', name]);
  writeFileSync(file, JSON.stringify({ ...shown, sector: 'Y tế' }));
  await senctl(env, ['platform', 'edit', name, file]);
  // The file is of the version before now.
  await assert.rejects(senctl(env, ['platform', 'edit', name, file]), /sau khi bạn xem/);
  await assert.rejects(senctl(env, ['platform', 'move', name, 'appraised']), /người khác/);
  await moved(appraiser, name, 'appraised');
  assert.match(await senctl(env, ['platform', 'history', name]), new RegExp(appraiser.login));
  assert.match(await senctl(env, ['platform', 'gate', 'submit', name, '--kind', 'security', '--approval', '1/QĐ', '--approved', '2026-01-01', '--checked', '2026-02-01']), /Đã trình/);
  assert.match(await senctl(env, ['platform', 'gates', name]), /security\s+submitted/);
  const [{ id }] = (await senctlJson(env, ['platform', 'gates', name])).gates;
  await assert.rejects(senctl(env, ['platform', 'gate', 'decide', name, id, '--passed', '--note', 'x']), /người khác/);
  await assert.rejects(senctl(env, ['platform', 'rollout', name, communeUnit, '--state', 'done', '--done', '2026-03-02']), /trạng thái/);
  await sql(`UPDATE sen.platform SET state = 'deploying' WHERE code = $1`, name);
  assert.match(await senctl(env, ['platform', 'rollout', name, communeUnit, '--state', 'in_progress', '--started', '2026-02-02']), /in_progress/);
  assert.match(await senctl(env, ['platform', 'rollout', name, communeUnit, '--state', 'done', '--done', '2026-03-02']), /done/);
  assert.match(await senctl(env, ['platform', 'rollout', name]), /^1\/144 đơn vị đã xong/);
  assert.match(await senctl(env, ['platforms']), new RegExp(name));
});

test('senctl: lists, documents, guidance', async () => {
  const names = [code('T'), code('U')], file = `${env.SEN_STATE}/tmp/platform-list-${mark}.json`;
  for (const name of names) await made(writer, '/platforms', { code: name, ...entry() });
  const draw = async (platforms) => {
    writeFileSync(file, JSON.stringify({ unit: '40', title: `Danh mục ${mark}`, platforms }));
    return senctlJson(env, ['platform-list', 'draw', file]);
  };
  const list = await draw([names[0]]);
  assert.deepEqual([list.state, list.entries.map((e) => e.code)], ['draft', [names[0]]]);
  writeFileSync(file, JSON.stringify({ title: `Danh mục sửa ${mark}`, platforms: names }));
  const edited = await senctlJson(env, ['platform-list', 'edit', String(list.id), file]);
  assert.deepEqual([edited.title, edited.entries.map((e) => e.code)], [`Danh mục sửa ${mark}`, names]);
  const [[day]] = await sql(`SELECT coalesce(max(effective_on) + 1, date '2001-01-01') FROM sen.platform_list WHERE effective_on < date '2020-01-01'`);
  // Whoever drew it up does not enter its signature; another does, here by the API.
  await assert.rejects(senctl(env, ['platform-list', 'sign', String(list.id), '--decision-no', '15/QĐ', '--signed', day, '--signer', 'Chủ tịch']), /người khác/);
  const signed = await change(appraiser, 'POST', `/platform-lists/${list.id}/sign`,
    { decision_no: '15/QĐ-UBND', signed_on: day, signer: 'Chủ tịch UBND tỉnh', file_url: 'https://nghean.gov.vn/15.pdf', file_sha256: 'a'.repeat(64) }, `"${edited.version}"`);
  assert.deepEqual([signed.status, signed.json.file_url], [200, 'https://nghean.gov.vn/15.pdf'], signed.text);
  const next = await draw([names[1]]);
  const diff = await senctlJson(env, ['platform-list', 'diff', String(next.id), '--against', String(list.id)]);
  assert.deepEqual(diff.removed.map((e) => e.code), [names[0]]);
  assert.match(await senctl(env, ['platform-list', 'list']), new RegExp(`Danh mục sửa ${mark}`));
  // And one that somebody else drew up is signed with it.
  const theirs = await change(writer, 'POST', '/platform-lists', { unit: '40', title: `Danh mục khác ${mark}`, platforms: [names[1]] });
  const [[later]] = await sql(`SELECT date '${day}' + 1`);
  const done = await senctlJson(env, ['platform-list', 'sign', String(theirs.json.id), '--decision-no', '16/QĐ', '--signed', later, '--signer', 'Chủ tịch', '--file-url', 'https://nghean.gov.vn/16.pdf',
    '--file-sha256', 'b'.repeat(64)]);
  assert.deepEqual([done.decision_no, done.signed_on, done.file_url], ['16/QĐ', later, 'https://nghean.gov.vn/16.pdf']);

  const document = code('TL'), add = ['document', 'add', '--unit', '40', '--code', document, '--kind', 'strategy', '--number', '1/QĐ', '--title', 'Chiến lược', '--issued', '2026-01-01'];
  assert.equal((await senctlJson(env, add)).version, 1);
  const successor = [...add];
  successor[successor.indexOf(document)] = code('TM');
  assert.equal((await senctlJson(env, [...successor, '--replaces', '1', '--replaces-code', document])).version, 1);
  assert.match(await senctl(env, ['document', 'list', '--kind', 'strategy', '--state', 'in_force']), new RegExp(code('TM')));
  assert.doesNotMatch(await senctl(env, ['document', 'list', '--kind', 'strategy', '--state', 'in_force']), new RegExp(document));

  await made(writer, `/platforms/${names[0]}/roles`, { code: 'XULY', name: 'Xử lý', sensitivity: 'low' });
  const guidance = await senctlJson(env, ['guidance', 'publish', names[0], '--code', 'HD', '--kind', 'document', '--title', 'Hướng dẫn', '--role', 'XULY', '--url', 'https://nghean.gov.vn/hd']);
  assert.match(await senctl(env, ['guidance', 'list', names[0]]), /HD\s+1\s+XULY\s+document/);
  // Who sees a unit from above does not say for it that it has read something.
  const acknowledge = ['--json', 'guidance', 'acknowledge', names[0], guidance.id, '--unit', communeUnit];
  await assert.rejects(senctl(env, acknowledge), /phạm vi/);
  assert.equal(JSON.parse(await senctlAs(commune, acknowledge)).changed, true);
  assert.match(await senctl(env, ['guidance', 'report', names[0], guidance.id]), new RegExp(communeUnit));
  assert.doesNotMatch(await senctl(env, ['guidance', 'report', names[0], guidance.id, '--missing', 'true']), new RegExp(`^${communeUnit} `, 'm'));
});
