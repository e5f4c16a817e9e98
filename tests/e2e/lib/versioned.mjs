// Things with versions, and administrators of units, for the tests of governance.

import { until } from '../../../deploy/driver/world.mjs';
import { Administrator, administrator, basis, env, goodPassword, official, p02, sql, Agent, handOn, insist } from './world.mjs';

// A call with headers of its own: If-Match, Idempotency-Key.
export const call = (who, method, path, how) => insist(() => send(who, method, path, how));

async function send(who, method, path, { body, headers = {} } = {}) {
  const answer = await fetch(`${env.SEN_API}${path}`, {
    method,
    headers: { authorization: `Bearer ${await who.accessToken()}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, text, json: text && isJson ? JSON.parse(text) : undefined, headers: answer.headers };
}

// As it is seen now, then changed: what a careful caller does.
export async function change(who, path, body, { seen = path.replace(/\/[a-z]+$/, ''), method = 'POST' } = {}) {
  const before = await who.api('GET', seen);
  if (before.status !== 200) return before;
  return call(who, method, path, { body, headers: { 'if-match': before.headers.get('etag') } });
}

export async function deputyOf(unit, rights, platform) {
  const person = await official(p02);
  const answer = await handOn({ login: person.login, unit, rights, ...(platform ? { platform } : {}) });
  if (answer.status !== 201) throw new Error(answer.text);
  return new Administrator(person.agent, person.login, person.password);
}

// Communes, the ones with the most persons without an account first, with those persons' codes.
export async function communesWithFree(atLeast) {
  const rows = await sql(`SELECT c.code, string_agg(DISTINCT p.employee_code, ',') FROM sen.unit c JOIN sen.unit u ON u.path LIKE c.path || '%'
    JOIN sen.post o ON o.unit_id = u.id AND o.kind = 'main' JOIN sen.person p ON p.id = o.person_id
    WHERE c.kind IN ('commune', 'ward') AND NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)
    AND NOT EXISTS (SELECT FROM sen.post o2 WHERE o2.person_id = p.id AND o2.kind <> 'main')
    GROUP BY c.code HAVING count(DISTINCT p.id) >= ${Number(atLeast)} ORDER BY count(DISTINCT p.id) DESC, 1`);
  return rows.map(([code, employees]) => ({ code, employees: employees.split(',') }));
}

export async function grantTo(employee, client) {
  const answer = await (await administrator()).api('POST', '/grants',
    { employee_code: employee, platform: client.id.toUpperCase(), role: client.role, basis });
  if (answer.status > 201) throw new Error(answer.text);
  const [[id]] = await sql('SELECT id FROM sen.account WHERE login = $1', answer.json.login);
  return { id, login: answer.json.login, employee };
}

export async function activate(person) {
  const { json } = await (await administrator()).api('POST', `/accounts/${person.login}/activation`);
  const agent = new Agent(env.SEN_ISSUER), password = goodPassword();
  const answer = await agent.activate(person.login, json.code, password);
  if (answer.status !== 303) throw new Error(`activation of ${person.login}: ${answer.status}`);
  return { ...person, agent, password };
}

// What the tests before this one took from many at once is held until a second person says that it is right.
export async function nothingHeld() {
  const held = async () => (await sql('SELECT count(*) FROM sen.binding WHERE state = 6'))[0][0] !== '0';
  let second;
  await until('nothing held from before', async () => {
    if ((await sql('SELECT count(*) FROM sen.dirty_account'))[0][0] !== '0') return false;
    const open = (await sql(`SELECT h.id, h.version, p.code FROM sen.hold h JOIN sen.platform p ON p.id = h.platform_id WHERE h.state = 'open'`));
    if (open.length === 0) return !await held();
    second ??= await deputyOf((await sql('SELECT code FROM sen.unit WHERE parent_id IS NULL ORDER BY id LIMIT 1'))[0][0], ['read', 'grant', 'approve', 'rules']);
    for (const [id, version] of open) await call(second, 'POST', `/holds/${id}/release`, { body: { reason: 'Kiểm thử trước đã xong' }, headers: { 'if-match': `"${version}"` } });
    return false;
  }, 60000);
}
