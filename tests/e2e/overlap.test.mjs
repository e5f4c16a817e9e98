// Overlap of platforms, what communes have and want, and reviews by managing units, over the API and senctl.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { senctl, senctlJson } from '../../deploy/driver/world.mjs';
import { administrator, env, sql } from './lib/world.mjs';
import { call, change, communesWithFree, deputyOf } from './lib/versioned.mjs';

const because = 'Khác vì chỉ quản lý kho vật tư nội bộ, không tiếp nhận hồ sơ của công dân';
const evidence = 'Báo cáo thẩm định số 12/BC-SKHCN';
const clean = () => sql(`DELETE FROM sen.overlap_finding WHERE platform_id IN (SELECT id FROM sen.platform WHERE code LIKE 'ZT%') OR other_id IN (SELECT id FROM sen.platform WHERE code LIKE 'ZT%');
  DELETE FROM sen.overlap_author WHERE platform_id IN (SELECT id FROM sen.platform WHERE code LIKE 'ZT%');
  DELETE FROM sen.overlap_check WHERE platform_id IN (SELECT id FROM sen.platform WHERE code LIKE 'ZT%');
  DELETE FROM sen.platform WHERE code LIKE 'ZT%'`);
const entry = (code, name, description) => sql(`INSERT INTO sen.platform (code, name, name_fold, kind, state, managing_unit, verified, description)
  VALUES ($1, $2, 'x', 'proposed', 'proposed', '40', true, $3)`, code, name, description);

let admin, second, ward, beside, communes;
before(async () => {
  await clean();
  admin = await administrator();
  communes = await communesWithFree(3);
  second = await deputyOf('40', ['read', 'catalogue', 'appraise', 'review']);
  ward = await deputyOf(communes[0].code, ['read', 'catalogue', 'appraise', 'review']);
  beside = await deputyOf(communes[1].code, ['read', 'catalogue', 'appraise']);
});
after(clean);

test('an entry that does what a central platform does goes nowhere until somebody else closes the finding with evidence', async () => {
  await entry('ZT01', 'Phần mềm một cửa điện tử tỉnh', 'Nộp hồ sơ thủ tục hành chính trực tuyến, tiếp nhận và trả kết quả');
  const found = await admin.api('POST', '/overlaps/compare', { platform: 'ZT01' });
  assert.equal(found.status, 200, found.text);
  const central = found.json.overlaps.find((f) => f.kind === 'central' && f.with === 'P01');
  assert.ok(central?.blocks, found.text);
  assert.ok(central.reasons.some((reason) => reason.by === 'concept' && reason.what === 'thủ tục hành chính'));
  await assert.rejects(sql(`UPDATE sen.platform SET state = 'approved' WHERE code = 'ZT01'`), /overlap is open/);
  const path = `/overlaps/${central.id}/close`;
  const body = { different_because: because, evidence };
  assert.equal((await call(second, 'POST', path, { body })).status, 428);
  assert.equal((await call(second, 'POST', path, { body, headers: { 'if-match': '"99"' } })).status, 412);
  const own = await change(admin, path, body);
  assert.equal(own.status, 403);
  assert.equal(own.json.code, 'four_eyes');
  assert.equal((await change(second, path, { ...body, different_because: 'ngắn' })).status, 422);
  assert.equal((await change(second, path, { different_because: because })).status, 400);
  assert.ok([403, 404].includes((await change(ward, path, body)).status));
  for (const finding of found.json.overlaps.filter((f) => f.blocks)) {
    const closed = await change(second, `/overlaps/${finding.id}/close`, body);
    assert.equal(closed.status, 200, closed.text);
    assert.equal(closed.json.state, 'closed');
  }
  await sql(`UPDATE sen.platform SET state = 'approved' WHERE code = 'ZT01'`);
  const again = await change(second, path, body);
  assert.equal(again.status, 409);
  assert.equal(again.json.code, 'wrong_state');
  // What was closed was closed for that text.
  await sql(`UPDATE sen.platform SET state = 'proposed', description = 'Tiếp nhận hồ sơ thủ tục hành chính của doanh nghiệp' WHERE code = 'ZT01'`);
  const edited = await second.api('POST', '/overlaps/compare', { platform: 'ZT01' });
  assert.ok(edited.json.overlaps.some((f) => f.with === 'P01' && f.blocks));
});

test('spelling, abbreviations and missing diacritics hide nothing', async () => {
  for (const [code, name] of [['ZT11', 'PM giai quyet TTHC cap xa'], ['ZT12', 'Giải quyết TTHC'.normalize('NFD').normalize('NFC')], ['ZT13', 'GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH']]) {
    await entry(code, name, '');
    const found = await admin.api('POST', '/overlaps/compare', { platform: code });
    assert.ok(found.json.overlaps.some((f) => f.with === 'P01' && f.blocks), `${name}: ${found.text}`);
  }
});

test('findings beyond the scope are not there', async () => {
  const list = await ward.api('GET', '/overlaps');
  assert.equal(list.status, 200);
  assert.deepEqual(list.json.overlaps, []);
  assert.equal((await ward.api('POST', '/overlaps/compare', { platform: 'ZT01' })).status, 403);
  assert.equal((await admin.api('POST', '/overlaps/compare', { platform: 'P01' })).status, 409);
  assert.equal((await admin.api('GET', '/overlaps/not-an-id')).status, 404);
  assert.equal((await admin.api('GET', '/overlaps?after=eyJ4IjoxfQ')).status, 422);
  const all = (await admin.api('GET', '/overlaps?limit=200')).json.overlaps.map((f) => f.id);
  const paged = [];
  for (let next = ''; next !== null;) {
    const page = (await admin.api('GET', `/overlaps?limit=2${next && `&after=${next}`}`)).json;
    paged.push(...page.overlaps.map((f) => f.id));
    next = page.next;
  }
  assert.deepEqual(paged, all);
});

test('a commune declares what it has, is told what exists, and somebody else decides', async () => {
  const body = { unit: communes[0].code, name: '=Hệ thống "email" của xã', description: 'Gửi nhận thư giữa cán bộ', vendor: 'Công ty A', users: 25,
    cost_per_year: 12000000, contract_end: '2027-06-30' };
  const answer = await ward.api('POST', '/local-software', body);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.json.solutions[0].platform, 'P03');
  assert.ok(answer.json.solutions[0].reasons.length > 0);
  assert.ok(answer.headers.get('etag'));
  const elsewhere = await beside.api('POST', '/local-software', body);
  assert.equal(elsewhere.status, 403);
  const path = `/local-software/${answer.json.id}`;
  assert.equal((await beside.api('GET', path)).status, 404);
  assert.equal((await beside.api('GET', '/local-software')).json.software.length, 0);
  for (const bad of [{ ...body, users: -1 }, { ...body, users: '3' }, { ...body, contract_end: '30/06/2027' }, { ...body, extra: 1 }, { ...body, functions: ['x'.repeat(65)] },
    { ...body, cost_per_year: 1e30 }, { ...body, name: 'x'.repeat(700) }])
    assert.ok([400, 422].includes((await ward.api('POST', '/local-software', bad)).status), JSON.stringify(bad).slice(0, 200));
  const decision = { decision: 'replace', replace_by: 'P03', until: '2027-06-30', decision_no: '5/QĐ-UBND' };
  const own = await change(ward, `${path}/decision`, decision);
  assert.equal(own.json.code, 'four_eyes', own.text);
  assert.equal((await change(second, `${path}/decision`, { ...decision, decision: 'keep' })).status, 422);
  const decided = await change(second, `${path}/decision`, decision);
  assert.equal(decided.status, 200, decided.text);
  assert.equal(decided.json.state, 'replace');
  const report = await call(second, 'GET', `/local-software.csv?unit=${communes[0].code}&state=replace`);
  assert.equal(report.status, 200);
  assert.match(report.headers.get('content-type'), /text\/csv/);
  assert.match(report.text, /"'=Hệ thống ""email"" của xã"/);
  assert.match(report.text, /"P03"/);
  assert.doesNotMatch((await call(beside, 'GET', '/local-software.csv')).text, /email/);
});

test('50 decisions at once: one is made', async () => {
  const { json: software } = await ward.api('POST', '/local-software', { unit: communes[0].code, name: 'Kế toán xã', users: 2, cost_per_year: 0 });
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(second, 'POST', `/local-software/${software.id}/decision`,
    { body: { decision: 'keep', until: '2027-12-31', decision_no: '6/QĐ' }, headers: { 'if-match': '"1"' } })));
  assert.equal(answers.filter((a) => a.status === 200).length, 1);
  for (const a of answers) assert.ok([200, 412, 503].includes(a.status), a.text);
});

test('a need is answered with what exists', async () => {
  const need = await ward.api('POST', '/needs', { unit: communes[0].code, name: 'Phần mềm hộp thư cho cán bộ xã', description: 'Cần nơi gửi nhận thư điện tử' });
  assert.equal(need.status, 201, need.text);
  assert.equal(need.json.solutions[0].platform, 'P03');
  const answer = { answer: 'use_common', platform: 'P03', text: 'Dùng thư điện tử công vụ của tỉnh' };
  assert.equal((await change(ward, `/needs/${need.json.id}/answer`, answer)).json.code, 'four_eyes');
  assert.equal((await change(second, `/needs/${need.json.id}/answer`, { ...answer, platform: 'D01' })).json.code, 'platform_closed');
  assert.equal((await change(second, `/needs/${need.json.id}/answer`, answer)).json.answer, 'use_common');
  assert.equal((await beside.api('GET', `/needs/${need.json.id}`)).status, 404);
});

test('a review: a task per platform, a form of four headings, a conclusion by another', async () => {
  assert.equal((await ward.api('POST', '/platform-reviews', { title: 'Rà soát', unit: '40', due_on: '2099-01-31' })).status, 403);
  const review = await admin.api('POST', '/platform-reviews', { title: 'Rà soát 2027', unit: '40', due_on: '2099-01-31' });
  assert.equal(review.status, 201, review.text);
  const base = `/platform-reviews/${review.json.id}/tasks/P02`;
  const form = { features: 'Tiếp nhận, trả kết quả', functions: 'Thủ tục hành chính', operation: '3 năm, ổn định', scope: '130 xã, phường' };
  assert.equal((await change(admin, `${base}/answer`, { ...form, scope: undefined })).status, 400);
  assert.equal((await change(admin, `${base}/answer`, form)).json.state, 'answered');
  const conclusion = { conclusion: 'replace', target: 'P01', because: 'Cổng quốc gia có cùng chức năng' };
  assert.equal((await change(admin, `${base}/conclusion`, conclusion)).json.code, 'four_eyes');
  assert.equal((await change(second, `${base}/conclusion`, { ...conclusion, target: 'P02' })).status, 422);
  const done = await change(second, `${base}/conclusion`, conclusion);
  assert.equal(done.json.state, 'concluded', done.text);
  await sql(`UPDATE sen.platform_review SET due_on = sen.today() - 1 WHERE id = $1`, review.json.id);
  const overdue = await admin.api('GET', `/platform-reviews/tasks?review=${review.json.id}&state=overdue&limit=200`);
  assert.equal(overdue.json.tasks.length, review.json.tasks - 1);
  assert.equal((await ward.api('GET', '/platform-reviews/tasks')).json.tasks.length, 0);
});

test('senctl: compare, declare, decide, propose, review', async () => {
  await entry('ZT21', 'Hệ thống dịch vụ công trực tuyến của sở', 'Nộp hồ sơ thủ tục hành chính');
  const found = await senctlJson(env, ['overlap', 'compare', 'ZT21']);
  const finding = found.overlaps.find((f) => f.with === 'P01');
  assert.ok(finding.blocks);
  assert.match(await senctl(env, ['overlap', 'list', '--platform', 'ZT21', '--state', 'open']), /central {2}ZT21 {2}P01/);
  await assert.rejects(senctl(env, ['overlap', 'close', finding.id, '--because', because, '--evidence', evidence]), /người khác/);
  assert.match(await senctl(env, ['overlap', 'show', finding.id]), /nền tảng: ZT21/);
  const software = await senctlJson(env, ['software', 'declare', '--unit', communes[0].code, '--name', 'Họp trực tuyến xã', '--users', '9', '--cost', '0']);
  assert.equal(software.users, 9);
  await assert.rejects(senctl(env, ['software', 'decide', software.id, '--decision', 'keep', '--until', '2027-01-01', '--decision-no', '1']), /người khác/);
  await senctl(env, ['software', 'edit', software.id, '--name', 'Họp trực tuyến', '--users', '10', '--cost', '5']);
  assert.match(await senctl(env, ['software', 'list', '--unit', communes[0].code]), /Họp trực tuyến {2}10 {2}5/);
  await assert.rejects(senctl(env, ['software', 'declare', '--unit', communes[0].code, '--name', 'X', '--users', 'vài', '--cost', '0']), /phải là một số/);
  const need = await senctlJson(env, ['need', 'propose', '--unit', communes[0].code, '--name', 'Hộp thư', '--description', 'Gửi nhận thư điện tử']);
  assert.equal(need.solutions[0].platform, 'P03');
  const review = await senctlJson(env, ['platform-review', 'begin', '--title', 'Quý I', '--unit', '40', '--due', '2099-03-31']);
  const form = ['--features', 'a', '--functions', 'b', '--operation', 'c', '--scope', 'd'];
  assert.match(await senctl(env, ['platform-review', 'answer', review.id, 'P03', ...form]), /trạng thái: answered/);
  assert.match(await senctl(env, ['platform-review', 'tasks', '--review', review.id, '--state', 'answered']), /P03/);
});
