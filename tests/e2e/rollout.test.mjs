// What follows an entry of the catalogue over the years: roll-out, guidance, reviews that come again, what was announced and signed; over the API and senctl.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { senctl, senctlJson, until } from '../../deploy/driver/world.mjs';
import { administrator, env, sql } from './lib/world.mjs';
import { call, change, communesWithFree, deputyOf } from './lib/versioned.mjs';

const mark = randomBytes(3).toString('hex').toUpperCase();
const code = (name) => `ZR${mark}${name}`;
const words = () => randomBytes(4).toString('hex').replace(/\d/g, (d) => 'ghijklmnop'[d]);
const entry = (over = {}) => ({
  name: `Nền tảng ${words()} ${words()}`, kind: 'provincial', managing_unit: 'NA-S08', contact_name: 'Nguyễn Văn Đầu Mối', sector: 'Khoa học và Công nghệ',
  description: `${words()} ${words()}`, functions: [`chuc-nang-${mark.toLowerCase()}`, words()], scopes: ['tinh', 'xa'], security_level: 3, expected_on: '2026-12-31', ...over,
});
const file = (name, content) => {
  const path = `${env.SEN_STATE}/tmp/rollout-${mark}-${name}.json`;
  writeFileSync(path, JSON.stringify(content));
  return path;
};
const lines = (text) => text.trim().split('\n');

let admin, second, ward, communes, adminUnit;
before(async () => {
  admin = await administrator();
  communes = (await communesWithFree(3)).map((c) => c.code);
  second = await deputyOf('40', ['read', 'catalogue', 'appraise', 'review']);
  ward = await deputyOf(communes[0], ['read', 'catalogue', 'appraise', 'review']);
  [[adminUnit]] = await sql(`SELECT o.unit_code FROM sen.standing_post o JOIN sen.account a ON a.person_id = o.person_id WHERE a.login = $1 LIMIT 1`, admin.login);
});
after(() => sql(`UPDATE sen.platform_review SET period_months = NULL, anchor_on = NULL; UPDATE sen.platform SET state = 'stopped' WHERE code LIKE 'ZR${mark}%'`));

test('the seed: three platforms that are there, five that were proposed; 42 were announced', async () => {
  const { json } = await admin.api('GET', '/platforms');
  const of = (name) => json.platforms.find((p) => p.code === name);
  assert.deepEqual(['P01', 'P02', 'P03'].map((name) => [of(name).kind, of(name).verified]), [['central', true], ['provincial', true], ['provincial', true]]);
  for (const name of ['D01', 'D02', 'D03', 'D04', 'D05'])
    assert.deepEqual([of(name).kind, of(name).state, of(name).open, of(name).expected, of(name).overdue, of(name).expected_shown],
      ['proposed', 'proposed', false, '12/2025', true, 'dự kiến 12/2025 – chờ xác nhận'], name);
  const [announced] = json.announced;
  assert.deepEqual([announced.unit, announced.total], ['40', 42]);
  assert.ok(announced.known >= 3 && announced.known < announced.total, JSON.stringify(announced));
  assert.match(await senctl(env, ['platform', 'list']), /Tỉnh Nghệ An công bố 42 nền tảng, đã xác minh \d+/);
});

test('a platform of a sector belongs to a department', async () => {
  const bad = await admin.api('POST', '/platforms', { code: code('S'), ...entry({ kind: 'sector', managing_unit: '40' }) });
  assert.equal(bad.status, 422, bad.text);
  assert.equal(bad.json.args.field, 'managing_unit');
  const good = await admin.api('POST', '/platforms', { code: code('S'), ...entry({ kind: 'sector' }) });
  assert.equal(good.status, 201, good.text);
  assert.equal((await call(admin, 'PUT', `/platforms/${code('S')}`, { body: entry({ kind: 'sector', managing_unit: '40' }), headers: { 'if-match': '"1"' } })).status, 422);
});

test('the matrix in one answer; a cell keeps what is not said', async () => {
  const [unit] = communes;
  await sql(`DELETE FROM sen.platform_rollout WHERE unit_id = (SELECT id FROM sen.unit WHERE code = $1)`, unit);
  await senctl(env, ['platform', 'rollout', 'P03', unit, '--state', 'in_progress', '--planned', '2026-06-30', '--started', '2026-02-02', '--note', 'đợt đầu']);
  await senctl(env, ['platform', 'rollout', 'P03', unit, '--state', 'done', '--done', '2026-03-03']);
  const cell = (await senctlJson(env, ['rollout', 'unit', unit])).platforms.find((p) => p.platform === 'P03');
  assert.deepEqual([cell.state, cell.planned_on, cell.started_on, cell.done_on, cell.note], ['done', '2026-06-30', '2026-02-02', '2026-03-03', 'đợt đầu']);
  // Not done after all: the day goes with the state.
  await senctl(env, ['platform', 'rollout', 'P03', unit, '--state', 'in_progress']);
  const back = (await senctlJson(env, ['rollout', 'unit', unit])).platforms.find((p) => p.platform === 'P03');
  assert.deepEqual([back.state, back.started_on, back.done_on], ['in_progress', '2026-02-02', null]);
  await senctl(env, ['platform', 'rollout', 'P03', unit, '--state', 'done', '--done', '2026-03-03']);
  const { platforms } = await senctlJson(env, ['rollout', 'platforms', '--limit', '200']);
  const p03 = platforms.find((p) => p.platform === 'P03');
  const { summary } = (await admin.api('GET', '/platforms/P03/rollout?limit=1')).json;
  assert.deepEqual(p03.rollout, summary);
  const [[targets]] = await sql(`SELECT count(*) FROM sen.unit u WHERE u.kind IN ('department', 'commune', 'ward') AND u.valid_from <= sen.today()
    AND (u.valid_to IS NULL OR u.valid_to > sen.today()) AND NOT EXISTS (SELECT FROM sen.platform_rollout r JOIN sen.platform p ON p.id = r.platform_id
    WHERE p.code = 'P03' AND r.unit_id = u.id AND r.state = 'not_applicable')`);
  assert.ok(p03.rollout.done >= 1 && p03.rollout.targets === Number(targets) && p03.rollout.percent > 0, JSON.stringify(p03.rollout));
  for (const name of ['P01', 'P02']) assert.ok(platforms.some((p) => p.platform === name));
  assert.ok(!platforms.some((p) => p.platform === 'D01'));
  assert.match(await senctl(env, ['rollout', 'platforms', '--limit', '200']), new RegExp(`^P03 {2}${p03.rollout.percent.toFixed(1)} {2}${p03.rollout.done} {2}${targets}`, 'm'));
  assert.equal(lines(await senctl(env, ['rollout', 'units', '--limit', '10'])).length, 11);
  assert.equal((await ward.api('GET', '/rollout/platforms?limit=0')).status, 422);
  assert.equal((await call(admin, 'GET', '/rollout/platforms?after=x')).status, 422);
});

test('senctl: roles, a plan with units, guidance for a role, who acknowledged', async () => {
  const name = code('G');
  await senctl(env, ['platform', 'add', file('G', { code: name, ...entry() })]);
  assert.match(await senctl(env, ['platform', 'show', name]), new RegExp(`Chức năng: chuc-nang-${mark.toLowerCase()}, `));
  await senctl(env, ['platform', 'role', 'add', name, '--code', 'XULY', '--name', 'Xử lý', '--level', 'xã', '--sensitivity', 'normal']);
  await senctl(env, ['platform', 'role', 'edit', name, 'XULY', '--name', 'Xử lý hồ sơ']);
  const role = await senctlJson(env, ['platform', 'role', 'show', name, 'XULY']);
  assert.deepEqual([role.name, role.level, role.sensitivity, role.version], ['Xử lý hồ sơ', 'xã', 'normal', 2]);
  await senctl(env, ['platform', 'role', 'add', name, '--code', 'BO', '--name', 'Bỏ', '--sensitivity', 'low']);
  await assert.rejects(senctl(env, ['platform', 'role', 'retire', name, 'BO', '--reason', 'x', '--end-grants', 'có']), /true\|false/);
  await senctl(env, ['platform', 'role', 'retire', name, 'BO', '--reason', 'Không dùng', '--end-grants', 'true']);
  assert.notEqual((await senctlJson(env, ['platform', 'role', 'show', name, 'BO'])).retired_at, null);

  const milestone = { name: 'Đợt 1', units: 'hai xã đầu tiên', target_units: communes.slice(0, 2), due_on: '2026-12-31', responsible: 'Lê Thị Bình' };
  await senctl(env, ['platform', 'plan', 'set', name, file('plan', { milestones: [milestone] })]);
  const { plan } = await senctlJson(env, ['platform', 'plan', 'show', name]);
  assert.deepEqual(plan.map((m) => [m.name, m.target_units, m.units]), [['Đợt 1', communes.slice(0, 2).sort(), 'hai xã đầu tiên']]);
  await assert.rejects(senctl(env, ['platform', 'plan', 'set', name, file('plan', { milestones: [{ ...milestone, target_units: ['KHONGCO'] }] })]), /đơn vị/i);
  const many = { milestones: [{ ...milestone, target_units: Array(501).fill(communes[0]) }] };
  assert.equal((await change(admin, `/platforms/${name}/plan`, many, { method: 'PUT' })).status, 422);
  assert.match(await senctl(env, ['rollout', 'plan', name, '--unit-kind', 'department', '--planned', '2026-12-31']), /14/);

  const published = await senctlJson(env, ['guidance', 'publish', name, '--code', 'HD', '--role', 'XULY', '--kind', 'video', '--title', 'Cách xử lý', '--url', 'https://nghean.gov.vn/v']);
  assert.match(await senctl(env, ['guidance', 'list', name]), /HD {2}1 {2}XULY {2}video/);
  // From above it is not said that a commune has read something.
  await assert.rejects(senctl(env, ['guidance', 'acknowledge', name, published.id, '--unit', communes[0]]), /phạm vi/);
  assert.equal((await ward.api('POST', `/platforms/${name}/guidance/${published.id}/acknowledgements`, { unit: communes[0] })).status, 201);
  await senctl(env, ['guidance', 'acknowledge', name, published.id, '--unit', adminUnit]);
  const report = await senctl(env, ['guidance', 'report', name, published.id]);
  assert.match(report, new RegExp(`^${communes[0]} .*${ward.login}`, 'm'));
  assert.match(report, new RegExp(`^${adminUnit} .*${admin.login}`, 'm'));
  assert.ok(!(await senctl(env, ['guidance', 'report', name, published.id, '--missing', 'true', '--limit', '200'])).includes(communes[0]));
});

test('senctl: a list drawn up, edited, signed with its file, compared; a reference document', async () => {
  const drawn = await second.api('POST', '/platform-lists', { unit: '40', title: `Danh mục ${mark}`, announced_total: 42, platforms: ['P02'] });
  assert.equal(drawn.status, 201, drawn.text);
  const own = await senctlJson(env, ['platform-list', 'draw', file('list', { unit: '40', title: 'Dự thảo', platforms: ['P02'] })]);
  await senctl(env, ['platform-list', 'edit', String(own.id), file('list', { title: `Dự thảo ${mark}`, platforms: ['P02', 'P03'] })]);
  assert.deepEqual((await senctlJson(env, ['platform-list', 'show', String(own.id)])).entries.map((e) => e.code), ['P02', 'P03']);
  // Days of their own, in force for nobody who looks today.
  const [[day]] = await sql(`SELECT coalesce(max(effective_on) + 1, date '2003-01-01') FROM sen.platform_list WHERE effective_on < date '2004-01-01'`);
  const sha = createHash('sha256').update('danh mục').digest('hex');
  const sign = (...more) => ['platform-list', 'sign', String(drawn.json.id), '--decision-no', '15/QĐ-UBND', '--signed', day, '--signer', 'Chủ tịch UBND tỉnh', ...more];
  await assert.rejects(senctl(env, sign('--file-url', 'https://nghean.gov.vn/15.pdf')), /file_sha256/);
  await assert.rejects(senctl(env, sign('--file-url', 'https://nghean.gov.vn/15.pdf', '--file-sha256', sha.toUpperCase())), /file_sha256/);
  const signed = await senctlJson(env, sign('--file-url', 'https://nghean.gov.vn/15.pdf', '--file-sha256', sha));
  assert.deepEqual([signed.file_sha256, signed.announced_total, signed.recorded_by], [sha, 42, admin.login]);
  assert.match(await senctl(env, ['platform-list', 'diff', String(own.id), '--against', String(drawn.json.id)]), /P03/);
  const document = await senctlJson(env, ['document', 'add', '--unit', '40', '--code', `KH-${mark}`, '--kind', 'strategy', '--number', '1/KH-UBND', '--title', 'Kế hoạch',
    '--issued', '2026-01-01']);
  assert.equal(document.version, 1);
  const next = await senctlJson(env, ['document', 'add', '--unit', '40', '--code', `KH-${mark}`, '--kind', 'strategy', '--number', '2/KH-UBND', '--title', 'Kế hoạch 2',
    '--issued', '2026-02-01', '--replaces', '1']);
  assert.equal(next.version, 2);
});

test('senctl: an edit of local software keeps what it does not name; tags; stop', async () => {
  const [unit] = communes;
  const software = await senctlJson(env, ['software', 'declare', '--unit', unit, '--name', `Họp ${mark}`, '--users', '9', '--cost', '7', '--description', 'Họp từ xa',
    '--vendor', 'Công ty A', '--contract-end', '2027-06-30', '--functions', 'hop,ghi-bien-ban']);
  assert.deepEqual(software.functions, ['hop', 'ghi-bien-ban']);
  await senctl(env, ['software', 'edit', software.id, '--users', '10']);
  const edited = await senctlJson(env, ['software', 'show', software.id]);
  for (const name of ['name', 'cost_per_year', 'description', 'vendor', 'contract_end', 'functions']) assert.deepEqual(edited[name], software[name], name);
  assert.equal(edited.users, 10);
  const need = await senctlJson(env, ['need', 'propose', '--unit', unit, '--name', 'Họp', '--description', 'Họp từ xa', '--functions', 'hop']);
  assert.deepEqual(need.functions, ['hop']);
  const theirs = await ward.api('POST', '/local-software', { unit, name: `Riêng ${mark}`, users: 1, cost_per_year: 0 });
  const decided = await senctlJson(env, ['software', 'decide', theirs.json.id, '--decision', 'stop', '--until', '2099-01-01', '--decision-no', '5/QĐ']);
  assert.deepEqual([decided.decision, decided.state, decided.replace_by], ['stop', 'stop', null]);
});

test('the report of local software follows what is offered', async () => {
  const name = code('L'), title = `${words()} ${words()} ${words()}`;
  const software = await ward.api('POST', '/local-software', { unit: communes[0], name: title, description: title, users: 1, cost_per_year: 0 });
  assert.notEqual(software.json.solution, name);
  const solution = async () => (await second.api('GET', `/local-software/${software.json.id}`)).json;
  await sql(`INSERT INTO sen.platform (code, name, name_fold, kind, state, managing_unit, verified, description) VALUES ($1, $2, 'x', 'central', 'operating', '', true, $2)`, name, title);
  await until('the new platform in the report', async () => (await solution()).solution === name, 60000);
  assert.match((await call(second, 'GET', `/local-software.csv?platform=${name}`)).text, new RegExp(title));
  await sql(`UPDATE sen.platform SET state = 'stopped' WHERE code = $1`, name);
  await until('the stopped one gone', async () => (await solution()).solution !== name, 60000);
  assert.equal((await solution()).version, software.json.version, 'a comparison is nobody\'s edit');
});

test('a review with a period comes again by itself; who has to act is told', async () => {
  for (const period_months of [0, 61, '6']) assert.equal((await admin.api('POST', '/platform-reviews', { title: 'x', unit: '40', due_on: '2099-01-31', period_months })).status, 422);
  const review = await senctlJson(env, ['platform-review', 'begin', '--title', `Định kỳ ${mark}`, '--unit', '40', '--due', '2099-03-31', '--every', '12']);
  assert.equal(review.period_months, 12);
  assert.equal((await admin.api('GET', `/platform-reviews/${review.id}`)).json.next_due_on, '2100-03-31');
  const path = `/platform-reviews/${review.id}/period`;
  assert.equal((await call(admin, 'PUT', path, { body: { period_months: 6 } })).status, 428);
  assert.equal((await call(ward, 'PUT', path, { body: { period_months: 6 }, headers: { 'if-match': '"1"' } })).status, 404);
  const many = await Promise.all(Array.from({ length: 20 }, () => call(second, 'PUT', path, { body: { period_months: 6 }, headers: { 'if-match': '"1"' } })));
  assert.equal(many.filter((a) => a.status === 200).length, 1, 'of many at once one wins');
  for (const a of many) assert.ok([200, 412, 503].includes(a.status), a.text);
  await senctl(env, ['platform-review', 'period', review.id, '--every', '0']);
  await senctl(env, ['platform-review', 'period', review.id, '--every', '12']);
  // Concluded by senctl what another answered.
  const form = { features: 'a', functions: 'b', operation: 'c', scope: 'd' };
  assert.equal((await change(second, `/platform-reviews/${review.id}/tasks/P03/answer`, form)).status, 200);
  assert.match(await senctl(env, ['platform-review', 'conclude', review.id, 'P03', '--conclusion', 'integrate', '--target', 'P01', '--because', 'Cùng chức năng']), /integrate/);
  // A year later, and a platform that is completed with its guidance.
  const name = code('R');
  await senctl(env, ['platform', 'add', file('R', { code: name, ...entry() })]);
  await sql(`UPDATE sen.platform SET state = 'building' WHERE code = $1`, name);
  await senctl(env, ['guidance', 'publish', name, '--code', 'HD', '--kind', 'document', '--title', 'Hướng dẫn', '--url', 'https://nghean.gov.vn/hd']);
  await sql(`UPDATE sen.platform SET state = 'completed' WHERE code = $1;
    UPDATE sen.platform_review SET due_on = (sen.today() + 5 - interval '12 months')::date, anchor_on = (sen.today() + 5 - interval '12 months')::date,
    created_at = now() - interval '400 days' WHERE id = '${review.id}'`, name);
  const told = async (who, kind) => (await who.api('GET', '/notices?limit=200')).json.notices.filter((n) => n.kind === kind && n.about.platform === name);
  assert.equal((await told(second, 'platform_completed')).length, 1);
  assert.equal((await told(ward, 'platform_completed')).length, 0);
  const following = async () => (await admin.api('GET', '/platform-reviews?limit=200')).json.reviews.filter((r) => r.follows === review.id);
  await until('the next review and its notices', async () => (await following()).length > 0 && (await told(ward, 'guidance_published')).length > 0, 150000);
  const [next] = await following();
  assert.match(next.title, new RegExp(`^Định kỳ ${mark} – kỳ \\d\\d/\\d{4}$`));
  assert.equal(next.period_months, 12);
  await sql(`UPDATE sen.platform_review_reminder SET remind_on = sen.today() WHERE review_id = $1 AND kind = 'due'`, next.id);
  await until('the reminder of the next review', async () => (await second.api('GET', '/notices?limit=200')).json.notices
    .some((n) => n.kind === 'platform_review_due' && n.about.review === next.id), 150000);
  const late = await change(second, path, { period_months: 6 }, { method: 'PUT' });
  assert.deepEqual([late.status, late.json.code], [409, 'wrong_state']);
});
