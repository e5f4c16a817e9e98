// A platform that lists nothing: some of its accounts are read back each hour, and what others changed there is brought back.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { until } from '../../deploy/driver/world.mjs';
import { people, provisioner, revoke, settled } from './lib/engine.mjs';
import { folderFor, write } from './lib/integrate.mjs';
import { newPlatform } from './lib/platforms.mjs';
import { administrator, env, sql } from './lib/world.mjs';

// Statements without a list.
async function tables() {
  await sql(`CREATE SCHEMA sampled; CREATE TABLE sampled.users (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, login text UNIQUE, name text, sen_id uuid UNIQUE,
    enabled boolean); GRANT USAGE ON SCHEMA sampled TO sen_provisioner; GRANT SELECT, INSERT, UPDATE ON sampled.users TO sen_provisioner`);
  const stack = readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8'), at = (name) => new RegExp(`^conninfo = .*\\b${name}=(\\S+)`, 'm').exec(stack)[1];
  const statements = write(folderFor('sampling'), 'statements.sql', `-- name: find
SELECT id AS ext_id, sen_id AS account_id, login, name AS full_name, enabled AS active FROM sampled.users WHERE sen_id = CAST(:account_id AS uuid)
-- name: create
INSERT INTO sampled.users (login, name, sen_id, enabled) VALUES (:login, :full_name, CAST(:account_id AS uuid), true)
-- name: update
UPDATE sampled.users SET login = :login, name = :full_name, enabled = true WHERE sen_id = CAST(:account_id AS uuid)
-- name: disable
UPDATE sampled.users SET enabled = false WHERE sen_id = CAST(:account_id AS uuid)
`);
  return { ...await newPlatform('FSAMPLE'), section: `kind = sql\nhost = ${at('host')}\nport = ${at('port')}\ndatabase = ${at('dbname')}\nuser = ${at('user')}
password_file = ${/^\[database\][^[]*^password_file = (\S+)/m.exec(stack)[1]}\nstatements_file = ${statements}` };
}

test('what others change on a platform that cannot list is found by sampling, in turn, and repaired', async () => {
  const p = await tables(), engine = await provisioner('sample', [p]), admin = await administrator();
  // Asked for, instead of an hour from now.
  const sample = async () => {
    const asked = await admin.api('POST', `/platforms/${p.code}/observations`, {});
    assert.ok(asked.status < 300, asked.text);
    return until('sampled', async () => (await admin.api('GET', `/platforms/${p.code}/observations`)).json.observations.find(({ id, state }) => id === asked.json.id && state === 'complete'), 20000);
  };
  const user = async ({ id }) => (await sql('SELECT name, enabled FROM sampled.users WHERE sen_id = $1', id))[0];
  try {
    // More than one sample takes, which is ten here.
    const who = await people(24, p);
    for (const { login } of who.slice(20)) await revoke(login, p);
    await until('settled', () => settled(p), 20000);
    const there = Number((await sql('SELECT count(*) FROM sampled.users'))[0][0]), [off, gone, renamed] = who;
    const first = await until('it is known that it cannot list', async () => (await sample()).kind === 'sample' && sample(), 30000);
    assert.deepEqual([first.drifted, first.listed <= 10], [0, true], 'ours is no change of others');

    const back = (await sql('SELECT sen_id FROM sampled.users WHERE NOT enabled ORDER BY 1 LIMIT 1')).map(([id]) => ({ id }));
    await sql(`UPDATE sampled.users SET enabled = false WHERE sen_id = $1`, off.id);
    await sql(`DELETE FROM sampled.users WHERE sen_id = $1`, gone.id);
    await sql(`UPDATE sampled.users SET name = 'Ai Đó' WHERE sen_id = $1`, renamed.id);
    for (const { id } of back) await sql(`UPDATE sampled.users SET enabled = true WHERE sen_id = $1`, id);
    let drifted = 0, read = 0;
    // In turn, from wherever the last one ended: four tens, with the one of the end, reach each of them.
    for (let i = 0; i < 4; i += 1) {
      const run = await sample();
      assert.equal(run.kind, 'sample');
      drifted += run.drifted;
      read += run.listed;
      await until('settled', () => settled(p), 20000);
    }
    assert.ok(read >= there, `${read} of ${there} read`);
    assert.equal(drifted, 3 + back.length);
    const [[logged]] = await sql(`SELECT count(*) FROM sen.op_log WHERE platform_id = $1 AND op = 'observe' AND outcome = 'drift' AND detail = 'sampled'`, p.id);
    assert.equal(logged, String(drifted));
    assert.equal((await user(off))[1], 't');
    assert.equal((await user(gone))[1], 't');
    assert.notEqual((await user(renamed))[0], 'Ai Đó');
    for (const one of back) assert.equal((await user(one))[1], 'f', 'what was revoked lives again');
    assert.equal((await sample()).drifted, 0);
  } finally {
    await engine.stop();
  }
});
