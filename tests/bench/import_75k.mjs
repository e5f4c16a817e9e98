// import_75k.mjs DEMO_ENV PERSONS.csv: seconds that an import of persons through the API takes, from the first part to applied.
// Run on the stack of the end-to-end tests, as the user of the servers; prints {"import_75k_s", …}.
process.env.SEN_E2E_ENV ??= process.argv[2];

const { createHash } = await import('node:crypto');
const { readFileSync } = await import('node:fs');
const { setTimeout: sleep } = await import('node:timers/promises');
const { administrator } = await import('../e2e/lib/world.mjs');
const { call, routeOf } = await import('../e2e/lib/api.mjs');

const PART = 220000;
const who = await administrator();
const bytes = readFileSync(process.argv[3]);
const began = performance.now();
const since = () => Math.round((performance.now() - began) / 10) / 100;
const at = {};

const run = (await call(routeOf('POST /api/v1/imports'), await who.accessToken(), { body: { kind: 'persons', unit: '40', name: 'bench' } })).json;
for (let n = 0; n * PART < bytes.length; n += 1) {
  const answer = await call(routeOf('PUT /api/v1/imports/{id}/parts/{n}'), await who.accessToken(),
    { args: [run.id, String(n)], body: { data: bytes.subarray(n * PART, (n + 1) * PART).toString('base64url') } });
  if (answer.status !== 204) throw new Error(answer.text);
}
at.upload = since();

async function until(...states) {
  for (;;) {
    const { json } = await call(routeOf('GET /api/v1/imports/{id}'), await who.accessToken(), { args: [run.id] });
    if (states.includes(json.state)) return json;
    await sleep(100);
  }
}
async function step(name, body) {
  const { json } = await call(routeOf('GET /api/v1/imports/{id}'), await who.accessToken(), { args: [run.id] });
  const answer = await call(routeOf(`POST /api/v1/imports/{id}/${name}`), await who.accessToken(),
    { args: [run.id], body, headers: { 'if-match': `"${json.version}"` } });
  if (answer.status !== 202) throw new Error(answer.text);
}
await step('check', { sha256: createHash('sha256').update(bytes).digest('hex') });
const checked = await until('ready', 'refused');
at.check = since();
if (checked.state === 'refused') throw new Error(JSON.stringify(checked.report, null, 1));
await step('apply', {});
const applied = await until('applied', 'refused');
at.apply = since();
console.log(JSON.stringify({ import_75k_s: at.apply, uploaded_s: at.upload, checked_s: at.check, counts: applied.report.counts }));
