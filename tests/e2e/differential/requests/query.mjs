// What asks about tokens, ends them, or comes with one: /introspect, /revoke, /userinfo.

import { unsigned } from '../forge.mjs';
import { keys, long, post } from './build.mjs';
import { raw } from '../wire.mjs';

const access = async (side, name, change) => (await side.tokens(name, change)).access_token;
const refresh = async (side, name, change) => (await side.tokens(name, change)).refresh_token;
const token = (make) => async (side) => ({ token: await make(side) });
const none = { auth: () => ({}) };
const JWT = { accept: 'application/token-introspection+jwt' };

const ended = async (side) => {
  const cookies = await side.newSession();
  const tokens = await side.tokens('basic', {}, cookies);
  await side.signOut(cookies, tokens.id_token);
  return tokens;
};
const expired = (side) => side.expiredToken();
const revoked = async (side, kind) => {
  const tokens = await side.tokens('basic');
  await side.post('/revoke', 'basic', { token: tokens[kind] });
  return tokens;
};

const i = post('introspect', '/introspect', () => ({}));
const introspections = [
  i(
    'own access token',
    token((side) => access(side, 'basic')),
  ),
  i(
    'own refresh token',
    token((side) => refresh(side, 'basic')),
  ),
  i(
    'own token of a machine',
    token((side) => side.machineToken('basic')),
  ),
  i(
    'own access token, of a pairwise client',
    token((side) => access(side, 'pairwise')),
    { client: 'pairwise' },
  ),
  i(
    'own access token for a resource',
    token((side) => access(side, 'resource', { resource: 'https://api.example/' })),
    { client: 'resource' },
  ),
  i(
    'a bound access token',
    token(async (side) => (await side.tokens('dpop', {}, side.cookies, { dpop: await side.dpop('POST', '/token') })).access_token),
    { client: 'dpop' },
  ),
  i(
    'access token of another client',
    token((side) => access(side, 'other')),
  ),
  i(
    'refresh token of another client',
    token((side) => refresh(side, 'other')),
  ),
  i(
    'access token of another client, by who may',
    token((side) => access(side, 'other')),
    { client: 'auditor' },
  ),
  i(
    'refresh token of another client, by who may',
    token((side) => refresh(side, 'other')),
    { client: 'auditor' },
  ),
  i('with a hint', async (side) => ({ token: await access(side, 'basic'), token_type_hint: 'access_token' })),
  i('with a wrong hint', async (side) => ({ token: await access(side, 'basic'), token_type_hint: 'refresh_token' })),
  i('with a hint that nobody knows', async (side) => ({ token: await access(side, 'basic'), token_type_hint: 'x' })),
  i('with a hint that is too long', async (side) => ({ token: await access(side, 'basic'), token_type_hint: long(500) })),
  i('token is missing', {}),
  i('token is empty', { token: '' }),
  i('token is repeated', { token: ['a', 'b'] }),
  i('token is unknown', { token: 'nothing' }),
  i('token not ASCII', { token: 'thẻ' }),
  i('token with NUL', { token: raw('a%00') }),
  i('token badly encoded', { token: raw('%zz') }),
  i('token that is too long', { token: long(9000) }),
  i('token that is a JWT without signature', { token: unsigned({ alg: 'none', typ: 'at+jwt' }, { sub: 'x' }) }),
  i(
    'token that is an ID token',
    token(async (side) => (await side.tokens('basic')).id_token),
  ),
  i(
    'token that is a code',
    token((side) => side.code('basic')),
  ),
  i('expired', token(expired), { client: 'short' }),
  i(
    'revoked access token',
    token(async (side) => (await revoked(side, 'access_token')).access_token),
  ),
  i(
    'access token whose refresh token was revoked',
    token(async (side) => (await revoked(side, 'refresh_token')).access_token),
  ),
  i(
    'access token after the session has ended',
    token(async (side) => (await ended(side)).access_token),
  ),
  i(
    'access token, of offline_access, after the session has ended',
    token(async (side) => {
      const cookies = await side.newSession();
      const tokens = await side.tokens('basic', { scope: 'openid offline_access', prompt: 'consent' }, cookies);
      await side.signOut(cookies, tokens.id_token);
      return tokens.access_token;
    }),
  ),
  i(
    'rotated refresh token',
    token(async (side) => {
      const one = await refresh(side, 'basic');
      await side.post('/token', 'basic', { grant_type: 'refresh_token', refresh_token: one });
      return one;
    }),
  ),
  i(
    'access token whose code was used twice',
    token(async (side) => {
      const form = {
        grant_type: 'authorization_code',
        code: await side.code('basic'),
        redirect_uri: side.clients.basic.redirect,
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      };
      const { json } = await side.post('/token', 'basic', form);
      await side.post('/token', 'basic', form);
      return json.access_token;
    }),
  ),
  i(
    'without authentication',
    token((side) => access(side, 'basic')),
    none,
  ),
  i('by a public client', { token: 'x' }, { client: 'public' }),
  i('by a wrong secret', { token: 'x' }, { auth: (side, { id }) => ({ form: { client_id: id, client_secret: 'x' } }) }),
  i(
    'by a bearer token',
    { token: 'x' },
    { auth: async (side) => ({ headers: { authorization: `Bearer ${await access(side, 'basic')}` } }) },
  ),
  i(
    'as a JWT',
    token((side) => access(side, 'signing')),
    { client: 'signing', headers: JWT },
  ),
  i('as a JWT, inactive', { token: 'nothing' }, { client: 'signing', headers: JWT }),
  i(
    'as a JWT, of a client that registered none',
    token((side) => access(side, 'basic')),
    { headers: JWT },
  ),
  i(
    'as JSON, of a client that registered a JWT',
    token((side) => access(side, 'signing')),
    { client: 'signing', headers: { accept: 'application/json' } },
  ),
  i('as HTML', { token: 'nothing' }, { headers: { accept: 'text/html' } }),
  i('as HTML, an error', {}, { headers: { accept: 'text/html' } }),
  i('with a charset', {}, { body: 'token=x', headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } }),
  i('a body of JSON', {}, { body: '{"token":"x"}', headers: { 'content-type': 'application/json' } }),
  ...['GET', 'PUT', 'DELETE'].map((method) => i(method, {}, { method, more: { form: undefined, path: '/introspect?token=x' } })),
];

const r = post('revoke', '/revoke', () => ({}));
const revocations = [
  r(
    'own access token',
    token((side) => access(side, 'basic')),
  ),
  r(
    'own refresh token',
    token((side) => refresh(side, 'basic')),
  ),
  r(
    'own token of a machine',
    token((side) => side.machineToken('basic')),
  ),
  r(
    'of a public client',
    token((side) => refresh(side, 'public')),
    { client: 'public' },
  ),
  r(
    'a second time',
    token(async (side) => (await revoked(side, 'refresh_token')).refresh_token),
  ),
  r('with a hint', async (side) => ({ token: await access(side, 'basic'), token_type_hint: 'access_token' })),
  r('with a wrong hint', async (side) => ({ token: await access(side, 'basic'), token_type_hint: 'refresh_token' })),
  r('with a hint that nobody knows', async (side) => ({ token: await access(side, 'basic'), token_type_hint: 'x' })),
  r(
    'access token of another client',
    token((side) => access(side, 'other')),
  ),
  r(
    'refresh token of another client',
    token((side) => refresh(side, 'other')),
  ),
  r(
    'refresh token of another client, by a public client',
    token((side) => refresh(side, 'other')),
    { client: 'public' },
  ),
  r('token is missing', {}),
  r('token is empty', { token: '' }),
  r('token is repeated', { token: ['a', 'b'] }),
  r('token is unknown', { token: 'nothing' }),
  r('token not ASCII', { token: 'thẻ' }),
  r('token with NUL', { token: raw('a%00') }),
  r('token that is too long', { token: long(9000) }),
  r(
    'token that is an ID token',
    token(async (side) => (await side.tokens('basic')).id_token),
  ),
  r(
    'token that is a code',
    token((side) => side.code('basic')),
  ),
  r('expired', token(expired), { client: 'short' }),
  r(
    'without authentication',
    token((side) => access(side, 'basic')),
    none,
  ),
  r('by a wrong secret', { token: 'x' }, { auth: (side, { id }) => ({ form: { client_id: id, client_secret: 'x' } }) }),
  r('a body of JSON', {}, { body: '{"token":"x"}', headers: { 'content-type': 'application/json' } }),
  ...['GET', 'PUT', 'DELETE'].map((method) => r(method, {}, { method, more: { form: undefined, path: '/revoke?token=x' } })),
  r('with an Origin', { token: 'x' }, { headers: { origin: 'https://df-basic.example' } }),
];

// make: gives {headers, form, query} for a token.
const u = (name, make, { method = 'GET', of = (side) => access(side, 'basic'), path = '/userinfo' } = {}) => ({
  name: `userinfo: ${name}`,
  async make(side) {
    return { method, path, ...(await make(await of(side), side)) };
  },
});
const bearer = (one) => ({ headers: { authorization: `Bearer ${one}` } });
const userinfo = [
  u('good', bearer),
  u('good, by POST', bearer, { method: 'POST' }),
  u('good, in the form', (one) => ({ form: { access_token: one } }), { method: 'POST' }),
  u('good, of a pairwise client', bearer, { of: (side) => access(side, 'pairwise') }),
  u('good, signed', bearer, { of: (side) => access(side, 'signing') }),
  u('scheme in lower case', (one) => ({ headers: { authorization: `bearer ${one}` } })),
  u('no token', () => ({})),
  u('no token, by POST', () => ({ form: {} }), { method: 'POST' }),
  u('token in the query', (one) => ({ query: { access_token: one } })),
  u('token in header and form', (one) => ({ ...bearer(one), form: { access_token: one } }), { method: 'POST' }),
  u('token in header and query', (one) => ({ ...bearer(one), query: { access_token: one } })),
  u('token in the form twice', (one) => ({ form: { access_token: [one, one] } }), { method: 'POST' }),
  u('token in the query by POST', (one) => ({ query: { access_token: one }, form: {} }), { method: 'POST' }),
  u('unknown token in the form', () => ({ form: { access_token: 'nothing' } }), { method: 'POST' }),
  u('an empty token in the form', () => ({ form: { access_token: '' } }), { method: 'POST' }),
  u('Bearer without a token', () => ({ headers: { authorization: 'Bearer' } })),
  u('Bearer with two tokens', (one) => ({ headers: { authorization: `Bearer ${one} ${one}` } })),
  u('Basic instead', () => ({ headers: { authorization: 'Basic YTpi' } })),
  u('a scheme that nobody knows', () => ({ headers: { authorization: 'Token x' } })),
  u('unknown token', () => bearer('nothing')),
  u('token that is too long', () => bearer(long(9000))),
  u('token with strange characters', () => bearer('a"b\\c')),
  u('token changed in its last letters', (one) => bearer(`${one.slice(0, -4)}AAAA`)),
  u('a JWT without signature', () => bearer(unsigned({ alg: 'none', typ: 'at+jwt' }, { sub: 'x', iss: 'x' }))),
  u('an ID token', bearer, { of: async (side) => (await side.tokens('basic')).id_token }),
  u('a refresh token', bearer, { of: (side) => refresh(side, 'basic') }),
  u('a code', bearer, { of: (side) => side.code('basic') }),
  u('a token of a machine', bearer, { of: (side) => side.machineToken('basic') }),
  u('a token for a resource', bearer, { of: (side) => access(side, 'resource', { resource: 'https://api.example/' }) }),
  u('an expired token', bearer, { of: expired }),
  u('a revoked token', bearer, { of: async (side) => (await revoked(side, 'access_token')).access_token }),
  u('a token after the session has ended', bearer, { of: async (side) => (await ended(side)).access_token }),
  u('a token without openid', bearer, {
    of: async (side) =>
      (await side.post('/token', 'basic', { grant_type: 'refresh_token', refresh_token: await refresh(side, 'basic'), scope: 'profile' }))
        .json.access_token,
  }),
  u('a body of JSON', (one) => ({ body: JSON.stringify({ access_token: one }), headers: { 'content-type': 'application/json' } }), {
    method: 'POST',
  }),
  u('with an Origin', (one) => ({ headers: { ...bearer(one).headers, origin: 'https://df-basic.example' } })),
  u('no token, with an Origin', () => ({ headers: { origin: 'https://df-basic.example' } })),
  ...['PUT', 'DELETE', 'HEAD'].map((method) => u(method, bearer, { method })),
  u('a token and a proof that it is not bound to', async (one, side) => ({
    headers: { ...bearer(one).headers, dpop: await side.dpop('GET', '/userinfo', {}, {}, keys.dpop) },
  })),
];

export const rows = [introspections, revocations, userinfo].flat();
