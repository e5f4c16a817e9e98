// OpenID Federation 1.0: the province between a trust anchor and its platforms, all on loopback, each with its keys.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';

import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';

import { Entity, STATEMENT, keyPair, nowS } from './lib/federation.mjs';
import { restart } from './lib/servers.mjs';
import { adminCtl, adminCtlJson, env, sql } from './lib/world.mjs';

const CONFIGURATION = `${env.SEN_ISSUER}/.well-known/openid-federation`;
const ORGANIZATION = 'Ủy ban nhân dân tỉnh Nghệ An';

async function get(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) for (const one of [value].flat()) query.append(name, one);
  const answer = await fetch(`${path.startsWith('http') ? path : env.SEN_ISSUER + path}${query.size ? `?${query}` : ''}`);
  const text = await answer.text();
  const type = answer.headers.get('content-type') ?? '';
  return { status: answer.status, type, text, json: type.startsWith('application/json') ? JSON.parse(text) : undefined };
}

const verify = async (jwt, jwks, typ = STATEMENT) => (await jwtVerify(jwt, createLocalJWKSet(jwks), { typ })).payload;

let anchor, platform, stranger, ours;

// The anchor knows the province, the province knows the platform, the platform names the province.
const anchorPolicy = { openid_relying_party: { grant_types: { subset_of: ['authorization_code', 'refresh_token'] }, contacts: { add: ['lien-ket@anchor.example'] } } };
const provincePolicy = { openid_relying_party: { token_endpoint_auth_method: { one_of: ['private_key_jwt'] }, scope: { subset_of: ['openid', 'profile'] } } };
const rp = { client_name: 'Một cửa điện tử', redirect_uris: ['https://mot-cua.example/cb'], grant_types: ['authorization_code', 'implicit'],
  token_endpoint_auth_method: 'private_key_jwt', scope: 'openid profile email' };

async function addPlatform(more = {}) {
  const file = `${env.SEN_STATE}/federation-platform.json`;
  writeFileSync(file, JSON.stringify({ entity_id: platform.id, jwks: platform.pair.jwks, metadata_policy: provincePolicy, ...more }));
  return adminCtl('federation', 'add', file);
}

before(async () => {
  [anchor, platform, stranger] = await Promise.all([new Entity().start('EdDSA'), new Entity().start(), new Entity().start('PS256')]);
});

after(async () => {
  await Promise.all([anchor, platform, stranger].map((e) => e.stop()));
  await restart();
});

beforeEach(() => {
  for (const e of [anchor, platform, stranger]) Object.assign(e, { claims: {}, header: {}, replace: {}, delayMs: 0, signer: undefined, asked: [] });
  platform.claims = { authority_hints: [env.SEN_ISSUER], metadata: { openid_relying_party: rp } };
  anchor.vouch(env.SEN_ISSUER, ours, { metadata_policy: anchorPolicy });
});

test('a province in no federation has none of its endpoints', async () => {
  for (const path of [CONFIGURATION, `/federation/fetch?sub=${platform.id}`, '/federation/list',
    `/federation/resolve?sub=${platform.id}&trust_anchor=${anchor.id}`])
    assert.equal((await get(path)).status, 404, path);
  const discovery = (await get('/.well-known/openid-configuration')).text;
  assert.doesNotMatch(discovery, /federation/);
  const good = readFileSync(`${env.SEN_STATE}/sen-server.conf`, 'utf8');
  writeFileSync(`${env.SEN_STATE}/anchors.json`, JSON.stringify({ [anchor.id]: anchor.pair.jwks }));
  writeFileSync(`${env.SEN_STATE}/sen-federation.conf`, `${good}
[federation]
authority_hints = ${anchor.id}
organization_name = ${ORGANIZATION}
trust_anchors_file = anchors.json
`, { mode: 0o600 });
  await restart(`${env.SEN_STATE}/sen-federation.conf`);
  assert.equal((await get('/.well-known/openid-configuration')).text, discovery, 'discovery stays as it is');
});

test('the configuration speaks for the provider and for the authority', async () => {
  const { status, type, text } = await get(CONFIGURATION);
  assert.equal(status, 200);
  assert.equal(type, 'application/entity-statement+jwt');
  const claims = await verify(text, decodeJwt(text).jwks);
  ours = claims.jwks;
  assert.equal(claims.iss, env.SEN_ISSUER);
  assert.equal(claims.sub, env.SEN_ISSUER);
  assert.ok(claims.exp > nowS() && claims.exp <= nowS() + 86400);
  assert.deepEqual(claims.authority_hints, [anchor.id]);
  assert.ok(ours.keys.every((key) => key.alg === 'ES256' && key.kid && !key.d));
  assert.deepEqual(claims.metadata.federation_entity, {
    organization_name: ORGANIZATION, federation_fetch_endpoint: `${env.SEN_ISSUER}/federation/fetch`,
    federation_list_endpoint: `${env.SEN_ISSUER}/federation/list`, federation_resolve_endpoint: `${env.SEN_ISSUER}/federation/resolve`,
  });
  const { client_registration_types_supported: types, ...provider } = claims.metadata.openid_provider;
  assert.deepEqual(types, [], 'nobody registers by a trust chain');
  assert.deepEqual(provider, (await get('/.well-known/openid-configuration')).json);
});

test('operators enter a platform; fetch and list know it', async () => {
  assert.match(await addPlatform(), /đã ghi|written/);
  assert.match(await addPlatform(), /không đổi|unchanged/);
  const { status, type, text } = await get('/federation/fetch', { sub: platform.id });
  assert.equal(status, 200);
  assert.equal(type, 'application/entity-statement+jwt');
  const claims = await verify(text, ours);
  assert.equal(claims.iss, env.SEN_ISSUER);
  assert.equal(claims.sub, platform.id);
  assert.deepEqual(claims.jwks, platform.pair.jwks);
  assert.deepEqual(claims.metadata_policy, provincePolicy);
  assert.deepEqual(claims.constraints, { max_path_length: 0 });
  assert.deepEqual((await get('/federation/list')).json, [platform.id]);
  assert.ok((await adminCtlJson('federation', 'list')).subordinates.some((e) => e.entity_id === platform.id));
  const audited = await sql("SELECT action, object FROM sen.audit WHERE action LIKE 'federation.%' AND object = $1", platform.id);
  assert.deepEqual(audited, [['federation.put', platform.id]], 'once: the second time nothing changed');
});

test('errors of fetch and list are those of the specification', async () => {
  const rows = [
    ['/federation/fetch', { sub: 'https://nobody.example' }, 404, 'not_found'],
    ['/federation/fetch', { sub: env.SEN_ISSUER }, 400, 'invalid_request'],
    ['/federation/fetch', {}, 400, 'invalid_request'],
    ['/federation/list', { entity_type: 'openid_provider' }, 400, 'unsupported_parameter'],
    ['/federation/list', { entity_type: ['openid_provider', 'openid_relying_party'] }, 400, 'unsupported_parameter'],
    ['/federation/list', { trust_marked: 'true' }, 400, 'unsupported_parameter'],
    ['/federation/list', { trust_mark_type: 'https://mark.example' }, 400, 'unsupported_parameter'],
    ['/federation/list', { intermediate: 'true' }, 400, 'unsupported_parameter'],
    ['/federation/resolve', { sub: platform.id }, 400, 'invalid_request'],
    ['/federation/resolve', { trust_anchor: anchor.id }, 400, 'invalid_request'],
    ['/federation/resolve', { sub: platform.id, trust_anchor: stranger.id }, 404, 'invalid_trust_anchor'],
    ['/federation/resolve', { sub: 'mot-cua', trust_anchor: anchor.id }, 400, 'invalid_request'],
  ];
  for (const [path, params, status, error] of rows) {
    const answer = await get(path, params);
    assert.deepEqual([answer.status, answer.json?.error], [status, error], `${path} ${JSON.stringify(params)}`);
    assert.ok(answer.json.error_description);
  }
});

const wrongFiles = {
  'an address that is none': { entity_id: 'http://mot-cua.example' },
  'the province itself': { entity_id: env.SEN_ISSUER },
  'a private key': { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'a', x: 'AA', y: 'AA', d: 'AA' }] } },
  'no keys': { jwks: { keys: [] } },
  'a policy that contradicts itself': { metadata_policy: { t: { p: { add: ['a'], subset_of: ['b'] } } } },
  'an unknown member': { policy: {} },
  'enabled as text': { enabled: 'yes' },
};
for (const [name, more] of Object.entries(wrongFiles))
  test(`senctl refuses ${name}`, async () => {
    await assert.rejects(addPlatform(more), /senctl federation/);
    assert.deepEqual((await get('/federation/list')).json, [platform.id]);
  });

const resolve = (params = {}) => get('/federation/resolve', { sub: platform.id, trust_anchor: anchor.id, ...params });

async function resolved(params) {
  const { status, type, text } = await resolve(params);
  assert.equal(status, 200, text);
  assert.equal(type, 'application/resolve-response+jwt');
  return verify(text, ours, 'resolve-response+jwt');
}

test('a platform resolves through the province to the anchor, with both policies', async () => {
  const claims = await resolved();
  assert.equal(claims.iss, env.SEN_ISSUER);
  assert.equal(claims.sub, platform.id);
  assert.deepEqual(claims.metadata, { openid_relying_party: { ...rp, grant_types: ['authorization_code'], scope: 'openid profile', contacts: ['lien-ket@anchor.example'] } });
  // The chain holds for somebody who trusts the anchor and not us.
  const chain = claims.trust_chain.map((jwt) => decodeJwt(jwt));
  assert.deepEqual(chain.map((c) => [c.iss, c.sub]), [[platform.id, platform.id], [env.SEN_ISSUER, platform.id], [anchor.id, env.SEN_ISSUER], [anchor.id, anchor.id]]);
  await verify(claims.trust_chain[3], anchor.pair.jwks);
  for (let j = 0; j < 3; j++) await verify(claims.trust_chain[j], chain[j + 1].jwks);
  assert.equal(claims.exp, Math.min(...chain.map((c) => c.exp)));
  // We do not ask ourselves.
  assert.deepEqual(platform.asked, ['/.well-known/openid-federation']);
  assert.equal(anchor.asked.length, 2);
});

test('the province and the anchor themselves; one entity type; one of several anchors', async () => {
  const province = await resolved({ sub: env.SEN_ISSUER });
  assert.equal(province.trust_chain.length, 3);
  assert.equal(province.metadata.openid_provider.issuer, env.SEN_ISSUER);
  const top = await resolved({ sub: anchor.id });
  assert.equal(top.trust_chain.length, 1);
  const one = await resolved({ sub: env.SEN_ISSUER, entity_type: 'federation_entity' });
  assert.deepEqual(Object.keys(one.metadata), ['federation_entity']);
  const two = await resolved({ sub: env.SEN_ISSUER, entity_type: ['federation_entity', 'openid_provider'] });
  assert.equal(Object.keys(two.metadata).length, 2);
  await resolved({ trust_anchor: [stranger.id, anchor.id] });
});

async function refused(error, { status = error === 'temporarily_unavailable' ? 503 : 400, ...params } = {}, text) {
  const answer = await resolve(params);
  assert.deepEqual([answer.status, answer.json?.error], [status, error], answer.text);
  if (text) assert.match(answer.json.error_description, text);
}

const spoil = (jwt, part) => {
  const parts = jwt.split('.');
  const bytes = Buffer.from(parts[part], 'base64url');
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  parts[part] = bytes.toString('base64url');
  return parts.join('.');
};
const send = (jwt) => (res) => res.writeHead(200, { 'content-type': `application/${STATEMENT}` }).end(jwt);
const WELL_KNOWN = '/.well-known/openid-federation';

// One thing wrong at a time, at the platform, at the anchor, or in what the anchor says of us.
const faults = {
  'a configuration with a changed signature': async () => { platform.replace[WELL_KNOWN] = send(spoil(await platform.configuration(), 2)); },
  'a configuration with changed claims': async () => {
    const [head, , signature] = (await platform.configuration()).split('.');
    const claims = { ...decodeJwt(await platform.configuration()), metadata: { openid_relying_party: { ...rp, redirect_uris: ['https://evil.example/cb'] } } };
    platform.replace[WELL_KNOWN] = send([head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.'));
  },
  'an unsigned configuration': async () => {
    const [, body] = (await platform.configuration()).split('.');
    platform.replace[WELL_KNOWN] = send(`${Buffer.from(JSON.stringify({ alg: 'none', typ: STATEMENT })).toString('base64url')}.${body}.`);
  },
  'keys that the province does not know': async () => {
    const pair = await keyPair();
    Object.assign(platform, { signer: pair, claims: { ...platform.claims, jwks: pair.jwks } });
  },
  'a header without kid': () => { platform.header = { kid: undefined }; },
  'a header of another type': () => { platform.header = { typ: 'JWT' }; },
  'a header without type': () => { platform.header = { typ: undefined }; },
  'an expired configuration': () => { platform.claims.exp = nowS() - 1; },
  'a configuration of the future': () => { platform.claims.iat = nowS() + 120; },
  'a configuration about somebody else': () => { Object.assign(platform.claims, { iss: stranger.id, sub: stranger.id }); },
  'critical claims': () => { platform.claims.crit = ['jurisdiction']; },
  'a policy in a configuration': () => { platform.claims.metadata_policy = {}; },
  'metadata with null': () => { platform.claims.metadata = { openid_relying_party: { scope: null } }; },
  'no authority hints': () => { delete platform.claims.authority_hints; },
  'a hint to somebody who says nothing of it': () => { platform.claims.authority_hints = [stranger.id]; },
  'no configuration at all': () => { platform.replace[WELL_KNOWN] = (res) => res.writeHead(500).end(); },
  'a redirect to a good one': async () => {
    const jwt = await platform.configuration();
    platform.replace['/there'] = send(jwt);
    platform.replace[WELL_KNOWN] = (res) => res.writeHead(302, { location: `${platform.id}/there` }).end();
  },
  'a configuration longer than any': () => { platform.claims.padding = 'x'.repeat(20000); },
  'an endless answer': () => { platform.replace[WELL_KNOWN] = (res) => { res.writeHead(200); res.end('x'.repeat(1 << 20)); }; },
  'an anchor with other keys than the configured ones': async () => {
    const pair = await keyPair();
    Object.assign(anchor, { signer: pair, claims: { jwks: pair.jwks } });
    anchor.vouch(env.SEN_ISSUER, ours, { signer: pair });
  },
  'a statement of the anchor by another key': async () => { anchor.vouch(env.SEN_ISSUER, ours, { signer: stranger.pair, header: { kid: anchor.pair.jwk.kid } }); },
  'an expired statement of the anchor': () => { anchor.vouch(env.SEN_ISSUER, ours, { exp: nowS() - 1 }); },
  'a statement of the anchor about other keys of ours': () => { anchor.vouch(env.SEN_ISSUER, stranger.pair.jwks); },
  'a statement of the anchor about somebody else': () => { anchor.vouch(env.SEN_ISSUER, ours, { sub: stranger.id }); },
  'a statement in the name of somebody else': () => { anchor.vouch(env.SEN_ISSUER, ours, { iss: stranger.id }); },
  'a critical policy operator': () => { anchor.vouch(env.SEN_ISSUER, ours, { metadata_policy_crit: ['regexp'] }); },
  'a path that is too long for the anchor': () => { anchor.vouch(env.SEN_ISSUER, ours, { constraints: { max_path_length: 0 } }); },
  'names that the anchor does not permit': () => { anchor.vouch(env.SEN_ISSUER, ours, { constraints: { naming_constraints: { permitted: ['.example'] } } }); },
  'an anchor without a fetch endpoint': () => { anchor.claims.metadata = { federation_entity: {} }; },
};
for (const [name, make] of Object.entries(faults))
  test(`refused: ${name}`, async () => {
    await make();
    await refused('invalid_trust_chain');
  });

test('policies that contradict each other, and metadata against the policy', async () => {
  anchor.vouch(env.SEN_ISSUER, ours, { metadata_policy: { openid_relying_party: { token_endpoint_auth_method: { one_of: ['client_secret_basic'] } } } });
  await refused('invalid_metadata', {}, /contradicts/);
  anchor.vouch(env.SEN_ISSUER, ours);
  platform.claims.metadata = { openid_relying_party: { ...rp, token_endpoint_auth_method: 'none' } };
  await refused('invalid_metadata', {}, /does not allow/);
  anchor.vouch(env.SEN_ISSUER, ours, { constraints: { allowed_entity_types: ['openid_provider'] } });
  assert.deepEqual((await resolved()).metadata, {}, 'a type that is not allowed is taken away before any policy');
});

test('a platform that is switched off or removed is nobody', async () => {
  await addPlatform({ enabled: false });
  assert.equal((await get('/federation/fetch', { sub: platform.id })).json.error, 'not_found');
  assert.deepEqual((await get('/federation/list')).json, []);
  await refused('not_found', { status: 404 });
  await adminCtl('federation', 'remove', platform.id);
  await assert.rejects(adminCtl('federation', 'remove', platform.id), /senctl federation/);
  const audited = await sql("SELECT action FROM sen.audit WHERE action LIKE 'federation.%' AND object = $1 ORDER BY at, seq", platform.id);
  assert.deepEqual(audited.flat(), ['federation.put', 'federation.put', 'federation.remove']);
  await addPlatform();
  await resolved();
});

// Entities below one another, the last of them below the anchor; returns them from the leaf up.
async function ladder(n) {
  const steps = await Promise.all(Array.from({ length: n }, () => new Entity().start()));
  steps.forEach((step, i) => {
    const above = steps[i + 1] ?? anchor;
    step.claims = { authority_hints: [above.id] };
    above.vouch(step.id, step.pair.jwks);
  });
  return steps;
}

test('five superiors are followed, six are not', async () => {
  const steps = await ladder(6);
  const good = await resolved({ sub: steps[1].id });
  assert.equal(good.trust_chain.length, 7);
  await refused('invalid_trust_chain', { sub: steps[0].id }, /too long/);
  await Promise.all(steps.map((s) => s.stop()));
});

test('a loop ends, and what leads nowhere does not hide a way that leads to the anchor', async () => {
  const [a, b] = await Promise.all([new Entity().start(), new Entity().start()]);
  a.claims = { authority_hints: [b.id] };
  b.claims = { authority_hints: [a.id] };
  a.vouch(b.id, b.pair.jwks);
  b.vouch(a.id, a.pair.jwks);
  await refused('invalid_trust_chain', { sub: a.id }, /lead back/);
  assert.ok(a.asked.length + b.asked.length <= 3);
  b.claims = { authority_hints: [a.id, stranger.id, anchor.id] };
  anchor.vouch(b.id, b.pair.jwks);
  assert.equal((await resolved({ sub: a.id })).trust_chain.length, 4);
  a.claims = { authority_hints: [a.id] };
  await refused('invalid_trust_chain', { sub: a.id }, /lead back/);
  await Promise.all([a.stop(), b.stop()]);
});

test('however many hints there are, no more than twenty statements are fetched', async () => {
  const many = await Promise.all(Array.from({ length: 12 }, () => new Entity().start()));
  platform.claims.authority_hints = many.map((e) => e.id);
  for (const e of many) {
    e.vouch(platform.id, platform.pair.jwks);
    e.claims = { authority_hints: many.filter((other) => other !== e).map((other) => other.id), padding: 'x'.repeat(8000) };
  }
  await refused('invalid_trust_chain', {}, /too many statements/);
  assert.ok(many.reduce((n, e) => n + e.asked.length, platform.asked.length) <= 20);
  await Promise.all(many.map((e) => e.stop()));
  platform.claims.authority_hints = [env.SEN_ISSUER];
  await resolved();
});

test('addresses that may not be reached are not, as a subject, as a hint, as an endpoint', async () => {
  for (const sub of ['http://169.254.169.254', 'http://10.0.0.1', 'http://localhost:1', 'file:///etc/passwd', 'https://u:p@a.example'])
    await refused('invalid_request', { sub });
  const forbidden = ['https://169.254.169.254', 'https://10.0.0.1', 'https://[fe80::1]', 'https://0.0.0.0', 'https://[::ffff:10.0.0.1]'];
  const begin = Date.now();
  for (const id of forbidden) {
    await refused('invalid_trust_chain', { sub: id }, /^a statement of the trust chain cannot be fetched$/);
    platform.claims.authority_hints = [id];
    await refused('invalid_trust_chain', {}, /^a statement of the trust chain cannot be fetched$/);
    stranger.claims.metadata = { federation_entity: { federation_fetch_endpoint: `${id}/fetch` } };
    platform.claims.authority_hints = [stranger.id];
    await refused('invalid_trust_chain', {}, /^a statement of the trust chain cannot be fetched$/);
  }
  assert.ok(Date.now() - begin < 2000 * forbidden.length, 'nothing was connected to');
});

test('entities that do not answer hold neither the resolver nor the server', async () => {
  platform.delayMs = 2500;
  const answers = await Promise.all(Array.from({ length: 6 }, () => resolve()));
  const kinds = answers.map((a) => a.status).sort();
  assert.deepEqual(kinds, [200, 200, 503, 503, 503, 503]);
  platform.delayMs = 5000;
  const begin = Date.now();
  await refused('invalid_trust_chain');
  assert.ok(Date.now() - begin < 4500);
});
