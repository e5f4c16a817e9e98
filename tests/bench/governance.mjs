// What tests/bench/governance measures over the API: governance.mjs MEASURE; lines {"key", "value", …}.

import { readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

import { Administrator, Agent, administrator, env, goodPassword, official, p02, sql } from '../e2e/lib/world.mjs';

const N = 400, WARM_UP = 40, AT_ONCE = 2;
const book = `${env.SEN_STATE}/bench-administrators.json`;
const [measure] = process.argv.slice(2);
const print = (key, value, details) => process.stdout.write(`${JSON.stringify({ key, value, ...details })}\n`);

async function call(who, method, path, body, headers = {}) {
  const answer = await fetch(`${env.SEN_API}${path}`, {
    method,
    headers: { authorization: `Bearer ${await who.accessToken()}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  if (answer.status > 201) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return { json: JSON.parse(text), etag: answer.headers.get('etag') };
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
  await sql(`INSERT INTO sen.admin_scope (account_id, id, unit_id, rights, granted_by) SELECT $1, gen_random_uuid(), u.id, ARRAY['read', 'organise', 'approve'],
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
