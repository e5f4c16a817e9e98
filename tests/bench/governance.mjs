// What tests/bench/governance measures over the API: governance.mjs MEASURE; lines {"key", "value", …}.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { Administrator, Agent, administrator, env, goodPassword, official, p02, sql } from '../e2e/lib/world.mjs';

const N = 400, WARM_UP = 40, AT_ONCE = 2;
const book = `${env.SEN_STATE}/bench-administrators.json`;
const [measure, persons = '75000'] = process.argv.slice(2);
const print = (key, value, details) => process.stdout.write(`${JSON.stringify({ key, value, ...details })}\n`);

async function call(who, method, path, body, headers = {}) {
  const answer = await fetch(`${env.SEN_API}${path}`, {
    method,
    headers: { authorization: `Bearer ${await who.accessToken()}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  if (answer.status > 204) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return { json: text ? JSON.parse(text) : undefined, etag: answer.headers.get('etag') };
}

// 95th percentile of the time that requests take, from several clients; paths are drawn anew for each request.
async function p95(who, path, mayBeEmpty) {
  const times = [];
  let left = N + WARM_UP, rows = 0;
  await call(who, 'GET', await path(0));
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let i; (i = left--) > 0;) {
      const target = await path(i);
      const from = performance.now();
      const { json } = await call(who, 'GET', target);
      if (i <= N) times.push(performance.now() - from);
      rows += (json.persons ?? json.units ?? json.grants ?? []).length;
    }
  }));
  if (rows === 0 && !mayBeEmpty) throw new Error('the lists were all empty');
  times.sort((a, b) => a - b);
  return times[Math.ceil(0.95 * times.length) - 1];
}

// ---- who looks ----

async function activateAdmin() {
  const file = `${env.SEN_STATE}/secrets/account-${env.SEN_ADMIN_LOGIN}.password`;
  const password = goodPassword();
  const agent = new Agent(env.SEN_ISSUER);
  const answer = await agent.activate(env.SEN_ADMIN_LOGIN, readFileSync(env.SEN_ADMIN_CODE_FILE, 'utf8').trim(), password);
  if (answer.status !== 303) throw new Error(`activation: ${answer.status} ${answer.text.slice(0, 300)}`);
  writeFileSync(file, password, { mode: 0o600 });
}

async function person() {
  const { login, password, id } = await official(p02);
  return { login, password, id };
}

const read = () => JSON.parse(readFileSync(book, 'utf8'));
const signedIn = ({ login, password }) => new Administrator(new Agent(env.SEN_ISSUER), login, password);

async function administrators() {
  await activateAdmin();
  const all = { second: await person(), commune: await person(), scattered: await person() };
  writeFileSync(book, JSON.stringify(all), { mode: 0o600 });
  await sql(`INSERT INTO sen.admin_scope (account_id, id, unit_id, rights, granted_by) SELECT $1, gen_random_uuid(), u.id, ARRAY['read', 'organise', 'approve', 'rules'],
    g.id FROM sen.unit u, sen.account g WHERE u.code = '40' AND g.login = $2`, all.second.id, env.SEN_ADMIN_LOGIN);
}

// By the operator: a thousand one by one would be the bench's time, not the server's.
async function scopes() {
  const all = read();
  await sql(`DELETE FROM sen.admin_scope WHERE account_id IN ($1, $2);
    INSERT INTO sen.admin_scope (account_id, id, unit_id, rights, granted_by) SELECT $1, gen_random_uuid(), u.id, ARRAY['read', 'grant'], g.id
      FROM sen.account g, LATERAL (SELECT u.id FROM sen.unit u WHERE u.kind IN ('commune', 'ward') AND u.valid_to IS NULL ORDER BY hashint4(u.id) LIMIT 1) u WHERE g.login = $3;
    INSERT INTO sen.admin_scope (account_id, id, unit_id, rights, granted_by) SELECT $2, gen_random_uuid(), u.id, ARRAY['read', 'grant'], g.id
      FROM sen.account g, LATERAL (SELECT u.id FROM sen.unit u WHERE u.kind IN ('commune', 'ward', 'division') AND u.valid_to IS NULL
        ORDER BY u.kind = 'division', hashint4(u.id) LIMIT 1000) u WHERE g.login = $3;
    INSERT INTO sen.admin_scope (account_id, id, unit_id, rights, granted_by) SELECT a.id, gen_random_uuid(), u.id, ARRAY['read', 'grant'], $1
      FROM sen.account a, sen.unit u WHERE a.login = $3 AND u.parent_id IS NULL AND u.code <> '40' ON CONFLICT DO NOTHING;
    ANALYZE sen.admin_scope`, all.commune.id, all.scattered.id, env.SEN_ADMIN_LOGIN);
}

// ---- what is asked ----

const [families, middles, givens] = [['nguyễn', 'trần', 'lê', 'phan', 'hồ', 'moong', 'lô'], ['văn', 'thị', 'đức', 'minh'], ['an', 'bình', 'phượng', 'tuấn', 'yến', 'hoà', 'vinh']];
const pick = (list, i) => list[Math.abs((i * 2654435761) >> 8) % list.length];

// As people type: a whole name, a family name with a middle name, a family name alone, a code.
const search = async (i) => `/persons?q=${encodeURIComponent([
  `${pick(families, i)} ${pick(middles, i + 7)} ${pick(givens, i + 13)}`, `${pick(families, i)} ${pick(middles, i + 5)}`, pick(families, i), `BP${1 + i % 900}`,
][i % 4])}`;

// Pages of units by code and by tree, each going on where the last one ended, and the grants of an account, if it is in reach.
function lists(who, reachesAll) {
  const at = { code: '', tree: '' };
  return async (i) => {
    if (i % 3 === 2 && reachesAll) return `/grants?login=b${1 + i % 900}`;
    const order = i % 3 ? 'tree' : 'code';
    const path = `/units?order=${order}&limit=50${at[order] && `&after=${at[order]}`}`;
    if (i % 30 < 3) at[order] = (await call(who, 'GET', path)).json.next ?? '';
    return path;
  };
}

const measures = {
  administrators,
  scopes,
  async search() {
    print('search_p95_ms', await p95(await administrator(), search));
  },
  async list() {
    const who = await administrator();
    print('list_p95_ms', await p95(who, lists(who, true)));
  },
  async scoped_list() {
    const by = {};
    for (const name of ['commune', 'scattered']) {
      const who = signedIn(read()[name]);
      const units = lists(who, false);
      by[`${name}_search`] = await p95(who, search, name === 'commune');
      by[`${name}_list`] = await p95(who, units);
    }
    print('scoped_list_p95_ms', Math.max(...Object.values(by)), by);
  },

  // Why somebody has a role, or has not.
  async explain() {
    const roles = await sql(`SELECT p.code, r.code FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE sen.platform_is_open(p.state) AND p.id > 0 ORDER BY 1, 2`);
    print('explain_p95_ms', await p95(await administrator(), async (i) => {
      const [platform, role] = roles[i % roles.length];
      return `/explain?login=b${1 + i % 900}&platform=${platform}&role=${role}`;
    }, true));
  },

  // A rule for everybody: first nobody has it, so that each gets a role; then a tenth of the units are left out; then nothing changes.
  async rule() {
    const who = await administrator(), second = signedIn(read().second);
    const [[platform, role]] = await sql(`SELECT p.code, r.code FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id
      WHERE sen.platform_is_open(p.state) AND p.id > 0 AND r.sensitivity <> 'privileged' ORDER BY 1, 2 LIMIT 1`);
    const [[kind]] = await sql(`SELECT u.kind FROM sen.unit u JOIN sen.post o ON o.unit_id = u.id GROUP BY 1 ORDER BY abs(count(*) - 7500) LIMIT 1`);
    const kinds = ['central', 'province', 'department', 'commune', 'ward', 'division'];
    const said = { name: 'Mọi người', basis: '1/QĐ', unit: '40', titles: ['Chuyên viên'], roles: [`${platform}/${role}`] };
    const seconds = {}, changed = {};
    let path, etag;
    await Promise.all([who.accessToken(), second.accessToken()]);
    async function release(name, draft) {
      const drawn = path ? await call(who, 'PUT', path, draft, { 'if-match': etag }) : await call(who, 'POST', '/rules', { code: `BENCH${Date.now()}`, ...draft });
      path ??= `/rules/${drawn.json.id}`;
      const from = performance.now();
      const released = await call(second, 'POST', `${path}/release`, {}, { 'if-match': drawn.etag });
      seconds[name] = (performance.now() - from) / 1000;
      changed[name] = released.json.added + released.json.removed;
      etag = released.etag;
    }
    await release('everybody', said);
    await release('some', { ...said, unit_kinds: kinds.filter((name) => name !== kind) });
    await release('nobody', { ...said, unit_kinds: kinds.filter((name) => name !== kind), name: 'Mọi người khác' });
    const from = performance.now();
    await call(who, 'POST', `${path}/retire`, {}, { 'if-match': etag });
    seconds.retired = (performance.now() - from) / 1000;
    print('rule_recompute_s', seconds.everybody, { seconds, changed });
  },

  // Persons who are not there yet, by one file, from its first part to applied.
  async import() {
    const who = await administrator(), part = 220000;
    const units = (await sql(`SELECT code FROM sen.unit WHERE kind IN ('commune', 'ward', 'division', 'department') AND (valid_to IS NULL OR valid_to > sen.today())
      AND starts_with(path, (SELECT path FROM sen.unit WHERE code = '40')) ORDER BY code`)).map(([code]) => code);
    const lines = Array.from({ length: Number(persons) }, (_, i) => `BI${i},${pick(families, i)} ${pick(middles, i + 7)} ${pick(givens, i + 13)},cong_chuc,1980-01-${String(1 + i % 28).padStart(2, '0')},`
      + `${units[i % units.length]},Chuyên viên,main,2025-07-01,,9/QĐ`);
    const bytes = Buffer.from(`employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no\n${lines.join('\n')}\n`);
    const at = {}, began = performance.now(), mark = (name) => { at[name] = (performance.now() - began) / 1000; };
    const { id } = (await call(who, 'POST', '/imports', { kind: 'persons', unit: '40', name: 'bench' })).json;
    for (let n = 0; n * part < bytes.length; n += 1) await call(who, 'PUT', `/imports/${id}/parts/${n}`, { data: bytes.subarray(n * part, (n + 1) * part).toString('base64url') });
    mark('uploaded');
    const until = async (state) => {
      for (;;) {
        const { json } = await call(who, 'GET', `/imports/${id}`);
        if (json.state === state) return json;
        if (json.state === 'refused') throw new Error(JSON.stringify(json.report));
        await sleep(100);
      }
    };
    const step = async (name, body) => call(who, 'POST', `/imports/${id}/${name}`, body, { 'if-match': (await call(who, 'GET', `/imports/${id}`)).etag });
    await step('check', { sha256: createHash('sha256').update(bytes).digest('hex') });
    await until('ready');
    mark('checked');
    await step('apply', {});
    await until('applied');
    mark('applied');
    print('import_75k_s', at.applied, { at, persons: lines.length });
  },

  // All communes of the province in pairs.
  async reorg() {
    const who = await administrator(), second = signedIn(read().second);
    const codes = (await sql(`SELECT code FROM sen.unit WHERE kind IN ('commune', 'ward') AND parent_id = (SELECT id FROM sen.unit WHERE code = '40')
      AND valid_to IS NULL ORDER BY code`)).map(([code]) => code);
    const steps = [];
    for (let i = 0; i + 1 < codes.length; i += 2) {
      steps.push({ kind: 'merge', from: [codes[i], codes[i + 1]], into: [{ code: String(50000 + i), name: `Xã hợp nhất ${i}` }] });
    }
    const made = await call(who, 'POST', '/reorganisations', {
      title: 'Sắp xếp đơn vị hành chính cấp xã', decision_no: '15/NQ-HĐND', decision_on: '2026-11-20', effective_on: '2026-11-01', execute_at: '2026-11-02', steps,
    });
    const path = `/reorganisations/${made.json.id}`;
    await who.accessToken();
    const from = performance.now();
    const planned = await call(who, 'POST', `${path}/plan`, {}, { 'if-match': made.etag });
    const seconds = (performance.now() - from) / 1000;
    if (planned.json.blocking > 0) throw new Error(`${planned.json.blocking} findings block the plan`);
    print('reorg_plan_s', seconds, { communes: codes.length, operations: planned.json.operations });
    await call(second, 'POST', `${path}/approve`, { plan_hash: planned.json.plan_hash }, { 'if-match': planned.etag });
  },

  // What was measured was the whole of it.
  async reorg_check() {
    const [[state, report]] = await sql('SELECT state, report FROM sen.reorganisation ORDER BY drawn_up_at DESC LIMIT 1');
    const { exceptions, persons } = JSON.parse(report);
    const [[lost]] = await sql(`SELECT count(*) FROM (SELECT p.id FROM sen.person p LEFT JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' AND o.valid @> sen.today()
      LEFT JOIN sen.unit u ON u.id = o.unit_id AND (u.valid_to IS NULL OR u.valid_to > sen.today()) WHERE p.employee_code ~ '^BP' GROUP BY p.id HAVING count(u.id) <> 1) t`);
    if (state !== 'done' || exceptions !== 0 || lost !== '0') throw new Error(`reorganisation: ${state}, ${report}, ${lost} persons without a main post`);
    print('reorg_persons', persons, {});
  },
};

await measures[measure]();
