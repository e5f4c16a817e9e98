// What happened to one account on one platform, and whether it may have happened so.  Read from three witnesses that know nothing of each
// other: the platform's own journal of what was written there, the facts of who was granted what when, and the log of operations.

import { sql } from './world.mjs';

// The states that were wanted, in their order: { at, roles }, '' is off; and what of the audit and the log is about the account.
export async function historiesOf(p, who) {
  const ids = `{${who.map(({ id }) => id)}}`;
  const ms = (column) => `floor(extract(epoch FROM ${column}) * 1000)::bigint`;
  const facts = await sql(`SELECT x.account_id, ${ms('x.at')}, coalesce((SELECT string_agg(DISTINCT r.code, ',' ORDER BY r.code) FROM sen.access_grant g
    JOIN sen.role r ON r.id = g.role_id WHERE g.account_id = x.account_id AND r.platform_id = $1 AND g.valid_from <= x.at
    AND coalesce(g.revoked_at, 'infinity') > x.at AND coalesce(g.valid_to, 'infinity') > x.at), '')
    FROM (SELECT g.account_id, t.at FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id
      CROSS JOIN LATERAL unnest(ARRAY[g.valid_from, g.revoked_at, g.valid_to]) t (at)
      WHERE g.account_id = ANY ($2::uuid[]) AND r.platform_id = $1 AND t.at <= now() GROUP BY 1, 2) x ORDER BY x.at`, p.id, ids);
  const log = await sql(`SELECT account_id, ${ms('at')}, op, outcome, gen FROM sen.op_log WHERE platform_id = $1 AND account_id = ANY ($2::uuid[]) ORDER BY at, id`, p.id, ids);
  const made = new Map(await sql(`SELECT account_id, count(*) FROM sen.audit WHERE object = $1 AND action = 'platform_account.create' GROUP BY 1`, p.code));
  const of = (rows, id) => rows.filter(([account]) => account === id);
  return who.map(({ id, login }) => ({
    login,
    wanted: [{ at: 0, roles: '' }, ...of(facts, id).map(([, at, roles]) => ({ at: Number(at), roles }))],
    journal: p.liar.journal.filter((entry) => entry.account === id).map((entry) => ({ ...entry })),
    there: p.liar.of(id).map((user) => ({ active: Boolean(user.active), roles: (user.roles ?? []).map((role) => role.value).sort().join() })),
    log: of(log, id).map(([, at, op, outcome, gen]) => ({ at: Number(at), op, outcome, gen: Number(gen) })),
    made: Number(made.get(id) ?? 0),
  }));
}

const told = ({ active, roles }) => `${active ? 'on' : 'off'} with ${roles || 'no role'}`;
const isSo = (entry, roles) => Boolean(entry.active) === (roles !== '') && entry.roles === roles;
// Who is taken down where both at once is refused goes off first, and loses the roles then.
const isOnTheWayDown = (entry, wanted, i) => i > 0 && wanted[i].roles === '' && !entry.active && entry.roles === wanted[i - 1].roles;

// Each of them is only ever what was wanted, never again what was wanted before, and nobody wants it before somebody decided.
function* inOrder({ wanted, journal }) {
  let at = 0;
  for (const entry of journal.filter(({ lied }) => !lied)) {
    const next = wanted.findIndex(({ roles }, i) => i >= at && (isSo(entry, roles) || isOnTheWayDown(entry, wanted, i)));
    if (next < 0) yield `${told(entry)} was written after ${wanted[at].roles || 'nothing'} was wanted`;
    else if (wanted[next].at > entry.at + 1) yield `${told(entry)} was written before anybody wanted it`;
    else at = next;
  }
}

// What was revoked, and told to be gone, was never there again until it was granted again.
function* neverAgain({ wanted, journal, log }) {
  for (const [i, revoked] of wanted.entries()) {
    if (i === 0 || revoked.roles !== '') continue;
    const end = wanted[i + 1]?.at ?? Infinity, ended = log.filter(({ at, outcome }) => outcome === 'ok' && at >= revoked.at && at < end);
    const newest = Math.max(...ended.map(({ gen }) => gen)), gone = ended.find(({ gen }) => gen === newest);
    if (gone && journal.some(({ at, active }) => active && at > gone.at && at < end)) yield 'it lived again after it was told to be gone';
  }
}

// The problems, as sentences; none: it may have happened so.
export function judge(history) {
  const { login, wanted, journal, there, log, made } = history, problems = [];
  const last = wanted.at(-1), ours = log.filter(({ outcome }) => outcome !== 'lease_lost'), gens = ours.map(({ gen }) => gen), end = ours.findLast(({ outcome }) => outcome === 'ok');
  if (there.length > 1) problems.push(`it is there ${there.length} times`);
  if (journal.filter(({ what }) => what === 'create').length > 1) problems.push('it was made twice');
  if (last.roles !== '' && !there[0]?.active) problems.push('it is not there');
  if (last.roles === '' && there[0]?.active) problems.push('it keeps what was revoked');
  if ((there[0]?.roles ?? '') !== last.roles) problems.push(`it has ${there[0]?.roles || 'nothing'} instead of ${last.roles || 'nothing'}`);
  problems.push(...inOrder(history), ...neverAgain(history));
  if (journal.some(({ at }) => at > (end?.at ?? 0))) problems.push('something was written of which the log does not know the end');
  if (gens.some((gen, i) => i > 0 && gen < gens[i - 1])) problems.push(`generations ${gens}`);
  if (ours.length > 0 && ours.at(-1).outcome !== 'ok') problems.push(`the log ends with ${ours.at(-1).op} ${ours.at(-1).outcome}`);
  if (made !== there.length) problems.push(`${made} creations are in the audit`);
  return problems.map((problem) => `${login}: ${problem}`);
}

const copy = (history) => structuredClone(history);
const isOn = ({ wanted, there }) => wanted.at(-1).roles !== '' && there.length === 1;
const wasOff = ({ wanted, journal }) => wanted.at(-1).roles === '' && journal.some(({ active }) => active) && journal.at(-1).active === false;
const planted = (fits, change) => ({ fits, plant: (history) => { const h = copy(history); change(h); return h; } });

// Faults that an engine could have, put into a history that has none: the judge must see each.
export const PLANTS = {
  'lost': planted(isOn, (h) => { h.there = []; h.made = 0; h.journal = []; }),
  'doubled': planted(isOn, (h) => { h.there.push(h.there[0]); h.made = 2; }),
  'made twice, and one of them taken away': planted(isOn, (h) => { h.journal.push({ ...h.journal[0] }); }),
  'a revocation that was lost': planted(wasOff, (h) => { h.journal = h.journal.filter(({ active }) => active); h.there[0] = { active: true, roles: h.journal[0].roles }; }),
  'the newest state first, and it looks right in the end': planted(wasOff, (h) => { h.journal.splice(-1, 0, h.journal.at(-1), { ...h.journal.at(-2), what: 'patch', at: h.journal.at(-1).at }); }),
  'an old state written over the new one, and repaired': planted(wasOff, (h) => {
    const off = h.journal.at(-1), end = h.log.at(-1);
    h.journal.push({ ...h.journal.at(-2), what: 'patch', at: end.at + 100 }, { ...off, at: end.at + 200 });
    h.log.push({ ...end, at: end.at + 300 });
  }),
  'an account that came alive late, and was taken down again, where nobody ever saw it before': planted(wasOff, (h) => {
    const end = h.log.at(-1);
    h.journal = h.journal.map((entry, i) => ({ ...entry, at: end.at + 100 + i }));
    h.log.push({ ...end, at: end.at + 1000 });
  }),
  'a write of somebody who had lost the lease, after the end': planted(isOn, (h) => { h.journal.push({ ...h.journal.at(-1), what: 'patch', at: h.log.at(-1).at + 1 }); }),
  'a role that nobody granted, for a moment': planted(isOn, (h) => { h.journal.unshift({ ...h.journal[0], what: 'patch', roles: 'LANH_DAO' }); }),
  'granted before anybody decided': planted(isOn, (h) => { h.journal[0].at = h.wanted.at(-1).at - 1000; }),
  'generations out of their order': planted(isOn, (h) => {
    const done = h.log.findLast(({ outcome }) => outcome === 'ok');
    h.log.push({ ...done, gen: done.gen - 1 });
  }),
  'a failure that nobody tried again': planted(isOn, (h) => { h.log.push({ ...h.log.at(-1), op: 'update', outcome: 'retry' }); }),
  'a creation that is not in the audit': planted(isOn, (h) => { h.made = 0; }),
};
