// RFC 9449: proofs at /token and at /userinfo, check by check of §4.3.

import { randomUUID } from 'node:crypto';

import { exportJWK } from 'jose';

import { ath } from '../../lib/clients.mjs';
import { forge, unsigned } from '../forge.mjs';
import { codeGrant, keys, long, now, post } from './build.mjs';

const token = post('dpop, token', '/token', (side, client) => codeGrant(side, client));
const client = 'dpop';
const by = (make) => ({ client, headers: async (side) => ({ dpop: await make(side) }) });
const changed = (name, change, header, key) =>
  token(
    name,
    {},
    by((side) => side.dpop('POST', '/token', typeof change === 'function' ? change(side) : change, header, key)),
  );
const { d, ...privateParts } = await exportJWK(keys.dpop.privateKey);

const tokens = [
  changed('good', {}),
  token('no proof at all', {}, { client }),
  changed('htm in lower case', { htm: 'post' }),
  changed('htm of another method', { htm: 'GET' }),
  changed('without htm', { htm: undefined }),
  changed('htu of another endpoint', (side) => ({ htu: `${side.issuer}/par` })),
  changed('htu of another server', { htu: 'https://other.example/token' }),
  changed('without htu', { htu: undefined }),
  changed('htu with a query', (side) => ({ htu: `${side.issuer}/token?x=1` })),
  changed('htu with a fragment', (side) => ({ htu: `${side.issuer}/token#x` })),
  changed('htu with a slash after it', (side) => ({ htu: `${side.issuer}/token/` })),
  changed('htu in capitals', (side) => ({ htu: side.issuer.replace('http:', 'HTTP:').concat('/token') })),
  changed('htu that is relative', { htu: '/token' }),
  changed('htu with dot segments', (side) => ({ htu: `${side.issuer}/x/../token` })),
  changed('without iat', { iat: undefined }),
  changed('iat as a text', () => ({ iat: `${now()}` })),
  changed('iat as a fraction', () => ({ iat: now() + 0.5 })),
  changed('iat an hour ago', () => ({ iat: now() - 3600 })),
  changed('iat two minutes ago', () => ({ iat: now() - 120 })),
  changed('iat an hour ahead', () => ({ iat: now() + 3600 })),
  changed('iat a minute ahead', () => ({ iat: now() + 60 })),
  changed('iat five seconds ahead', () => ({ iat: now() + 5 })),
  changed('without jti', { jti: undefined }),
  changed('an empty jti', { jti: '' }),
  changed('jti as a number', { jti: 1 }),
  changed('a jti that is too long', { jti: long(400) }),
  changed('an exp that is past', () => ({ exp: now() - 60 })),
  changed('an nbf ahead', () => ({ nbf: now() + 600 })),
  changed('a nonce that nobody gave', { nonce: 'x' }),
  changed('a claim that nobody knows', { x: 1 }),
  changed('an ath, where no token is', { ath: 'x' }),
  changed('typ JWT', {}, { typ: 'JWT' }),
  changed('without typ', {}, { typ: undefined }),
  changed('typ in capitals', {}, { typ: 'DPOP+JWT' }),
  changed('typ with application/', {}, { typ: 'application/dpop+jwt' }),
  changed('without jwk', {}, { jwk: undefined }),
  changed('jwk with the private key', {}, { jwk: { ...privateParts, d } }),
  changed('jwk of another key', {}, { jwk: (({ kid, use, alg, ...jwk }) => jwk)(keys.dpopOther.jwk) }),
  changed('jwk with kid, use and alg', {}, { jwk: keys.dpop.jwk }),
  changed('jwk that is symmetric', {}, { jwk: { kty: 'oct', k: 'AAAA' } }),
  changed('jwk of another curve', {}, { jwk: { ...privateParts, crv: 'P-384' } }),
  changed('with a kid', {}, { kid: 'x' }),
  changed('with crit', {}, { crit: ['x'], x: 1 }),
  changed('by RS256', {}, {}, keys.rsa),
  token(
    'without signature',
    {},
    by((side) =>
      unsigned({ alg: 'none', typ: 'dpop+jwt', jwk: privateParts }, { jti: 'x', htm: 'POST', htu: `${side.issuer}/token`, iat: now() }),
    ),
  ),
  token(
    'by HS256',
    {},
    by((side) =>
      forge(
        { alg: 'HS256', typ: 'dpop+jwt', jwk: privateParts },
        { jti: 'x', htm: 'POST', htu: `${side.issuer}/token`, iat: now() },
        long(64),
      ),
    ),
  ),
  token(
    'that is none',
    {},
    by(() => 'x'),
  ),
  token(
    'that is empty',
    {},
    by(() => ''),
  ),
  token(
    'twice in a row',
    {},
    { client, headers: async (side) => ({ dpop: [await side.dpop('POST', '/token'), await side.dpop('POST', '/token')] }) },
  ),
  token(
    'two joined by a comma',
    {},
    by(async (side) => `${await side.dpop('POST', '/token')}, ${await side.dpop('POST', '/token')}`),
  ),
  token(
    'a second time',
    {},
    by(async (side) => {
      const proof = await side.dpop('POST', '/token');
      await side.post('/token', client, { grant_type: 'authorization_code', code: 'x', redirect_uri: 'x' }, { dpop: proof });
      await side.tokens(client, {}, side.cookies, { dpop: proof }).catch(() => {});
      return proof;
    }),
  ),
  token(
    "the jti of another key's proof",
    {},
    by(async (side) => {
      const jti = randomUUID();
      await side.tokens(client, {}, side.cookies, { dpop: side.dpop('POST', '/token', { jti }) });
      return side.dpop('POST', '/token', { jti }, {}, keys.dpopOther);
    }),
  ),
  token('good, of a client that need not', {}, { client: 'basic', headers: async (side) => ({ dpop: await side.dpop('POST', '/token') }) }),
  token('bad, of a client that need not', {}, { client: 'basic', headers: async (side) => ({ dpop: await side.dpop('GET', '/token') }) }),
  token(
    'good, as asked for by dpop_jkt',
    (side) => codeGrant(side, client, { dpop_jkt: keys.dpop.jkt }),
    by((side) => side.dpop('POST', '/token')),
  ),
  token(
    'another key than dpop_jkt',
    (side) => codeGrant(side, client, { dpop_jkt: keys.dpopOther.jkt }),
    by((side) => side.dpop('POST', '/token')),
  ),
  token('none, though dpop_jkt was sent', (side) => codeGrant(side, 'basic', { dpop_jkt: keys.dpop.jkt }), { client: 'basic' }),
];

const bound = async (side, name) => side.tokens(name, {}, side.cookies, { dpop: await side.dpop('POST', '/token') });
const refresh = post('dpop, refresh', '/token', () => ({ grant_type: 'refresh_token' }));
const refreshOf = (name, of, key) =>
  refresh(name, async (side) => ({ refresh_token: (await bound(side, of)).refresh_token }), {
    client: of,
    headers: async (side) => (key ? { dpop: await side.dpop('POST', '/token', {}, {}, key) } : {}),
  });
const refreshes = [
  refreshOf('good', client, keys.dpop),
  refreshOf('by another key', client, keys.dpopOther),
  refreshOf('without a proof', client),
  refreshOf('good, public client', 'dpoppublic', keys.dpop),
  refreshOf('by another key, public client', 'dpoppublic', keys.dpopOther),
  refreshOf('without a proof, public client', 'dpoppublic'),
];

// make: given the side and a bound token, the headers.
const use = (name, make, { method = 'GET', of = bound } = {}) => ({
  name: `dpop, userinfo: ${name}`,
  async make(side) {
    return { method, path: '/userinfo', headers: await make(side, (await of(side, client)).access_token) };
  },
});
const proofOf = (change, header, key) => async (side, one) => ({
  authorization: `DPoP ${one}`,
  dpop: await side.dpop('GET', '/userinfo', { ath: ath(one), ...(typeof change === 'function' ? change(side) : change) }, header, key),
});
const plain = (side) => side.tokens('basic');
const userinfo = [
  use('good', proofOf({})),
  use('without a proof', (side, one) => ({ authorization: `DPoP ${one}` })),
  use('as Bearer', (side, one) => ({ authorization: `Bearer ${one}` })),
  use('as Bearer with a proof', async (side, one) => ({ ...(await proofOf({})(side, one)), authorization: `Bearer ${one}` })),
  use('by another key', proofOf({}, {}, keys.dpopOther)),
  use('without ath', proofOf({ ath: undefined })),
  use('ath of another token', proofOf({ ath: ath('other') })),
  use('htm of another method', proofOf({ htm: 'POST' })),
  use(
    'htu of another endpoint',
    proofOf((side) => ({ htu: `${side.issuer}/token` })),
  ),
  use(
    'iat an hour ago',
    proofOf(() => ({ iat: now() - 3600 })),
  ),
  use('typ JWT', proofOf({}, { typ: 'JWT' })),
  use('that is none', (side, one) => ({ authorization: `DPoP ${one}`, dpop: 'x' })),
  use('a token that is not bound', proofOf({}), { of: plain }),
  use('a token that is none', async (side) => proofOf({})(side, 'nothing')),
  use('in lower case', async (side, one) => ({ ...(await proofOf({})(side, one)), authorization: `dpop ${one}` })),
  use('a second time', async (side, one) => {
    const headers = await proofOf({})(side, one);
    await side.send({ path: '/userinfo', headers });
    return headers;
  }),
  use('by POST', async (side, one) => ({ authorization: `DPoP ${one}`, dpop: await side.dpop('POST', '/userinfo', { ath: ath(one) }) }), {
    method: 'POST',
  }),
];

export const rows = [tokens, refreshes, userinfo].flat();
