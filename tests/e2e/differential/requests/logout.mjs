// /logout, by hint and address; and what everybody may read: metadata, keys, preflights.

import { unsigned } from '../forge.mjs';
import { any, long } from './build.mjs';
import { raw } from '../wire.mjs';

const html = { accept: 'text/html' };
const out = { post_logout_redirect_uri: 'https://df-basic.example/out' };

// make: parameters, given the ID token of the session; each row has a session of its own.
const row = (name, make, { session = 'own', method = 'GET', of = 'basic' } = {}) => ({
  name: `logout: ${name}`,
  async make(side) {
    const cookies = await side.newSession();
    const hint = (await side.tokens(of, {}, cookies)).id_token;
    const query = await make(hint, side);
    return {
      method,
      path: '/logout',
      [method === 'GET' ? 'query' : 'form']: query,
      headers: html,
      cookies: session === 'own' ? cookies : session === 'other' ? await side.newSession() : new Map(),
    };
  },
});

const logouts = [
  row('nothing', () => ({})),
  row('nothing, not signed in', () => ({}), { session: 'none' }),
  row('nothing, by POST', () => ({}), { method: 'POST' }),
  row('hint', (id_token_hint) => ({ id_token_hint })),
  row('hint, by POST', (id_token_hint) => ({ id_token_hint }), { method: 'POST' }),
  row('hint and address', (id_token_hint) => ({ id_token_hint, ...out, state: 's' })),
  row('hint and address, by POST', (id_token_hint) => ({ id_token_hint, ...out, state: 's' }), { method: 'POST' }),
  row('hint and address, not signed in', (id_token_hint) => ({ id_token_hint, ...out, state: 's' }), { session: 'none' }),
  row('hint and address, in another session', (id_token_hint) => ({ id_token_hint, ...out }), { session: 'other' }),
  row('client_id and address', () => ({ client_id: 'df-basic', ...out })),
  row('client_id and address, not signed in', () => ({ client_id: 'df-basic', ...out, state: 's' }), { session: 'none' }),
  row('address alone', () => out),
  row('address alone, not signed in', () => out, { session: 'none' }),
  row('hint, client_id and address', (id_token_hint) => ({ id_token_hint, client_id: 'df-basic', ...out })),
  row('hint and another client_id', (id_token_hint) => ({ id_token_hint, client_id: 'df-other', ...out })),
  row('hint of another client, with the address of the first', (id_token_hint) => ({ id_token_hint, ...out }), { of: 'other' }),
  row('hint and a foreign address', (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: 'https://evil.example/' })),
  row(
    'hint and a foreign address, not signed in',
    (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: 'https://evil.example/' }),
    { session: 'none' },
  ),
  row('hint and an address with a slash more', (id_token_hint) => ({
    id_token_hint,
    post_logout_redirect_uri: 'https://df-basic.example/out/',
  })),
  row('hint and an address with a query', (id_token_hint) => ({
    id_token_hint,
    post_logout_redirect_uri: 'https://df-basic.example/out?x=1',
  })),
  row('hint and the address of sign-in', (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: 'https://df-basic.example/cb' })),
  row('hint and an empty address', (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: '' })),
  row('hint and address twice', (id_token_hint) => ({
    id_token_hint,
    post_logout_redirect_uri: [out.post_logout_redirect_uri, out.post_logout_redirect_uri],
  })),
  row('hint twice', (hint) => ({ id_token_hint: [hint, hint], ...out })),
  row('hint that is none', () => ({ id_token_hint: 'x', ...out })),
  row('hint that is none, not signed in', () => ({ id_token_hint: 'x', ...out }), { session: 'none' }),
  row('hint without signature', () => ({ id_token_hint: unsigned({ alg: 'none' }, { aud: 'df-basic', sub: 'x' }), ...out })),
  row('hint with a bad signature', (hint) => ({ id_token_hint: `${hint.slice(0, -8)}AAAAAAAA`, ...out })),
  row('hint that is an access token', async (hint, side) => ({ id_token_hint: (await side.tokens('basic')).access_token, ...out })),
  row('hint that is empty', () => ({ id_token_hint: '', ...out })),
  row('hint that is too long', () => ({ id_token_hint: long(6000) })),
  row('unknown client_id', () => ({ client_id: 'nobody', ...out })),
  row('state that is too long', (id_token_hint) => ({ id_token_hint, ...out, state: long(3000) })),
  row('state badly encoded', (id_token_hint) => ({ id_token_hint, ...out, state: raw('%zz') })),
  row('ui_locales and logout_hint', (id_token_hint) => ({ id_token_hint, ...out, ui_locales: 'vi', logout_hint: 'an' })),
  ...['PUT', 'DELETE', 'OPTIONS'].map((method) => any(`logout: ${method}`, '/logout', { method, headers: html })),
];

const ORIGIN = { origin: 'https://app.example' };
const preflight = (path, method, headers = 'authorization') =>
  any(`preflight: ${path} ${method}`, path, {
    method: 'OPTIONS',
    headers: { ...ORIGIN, 'access-control-request-method': method, 'access-control-request-headers': headers },
  });
const DISCOVERY = '/.well-known/openid-configuration';
const open = [DISCOVERY, '/.well-known/oauth-authorization-server', '/jwks'];
const reading = [
  ...open.map((path) => any(`read: ${path}`, path)),
  ...open.map((path) => any(`read: ${path} with an Origin`, path, { headers: ORIGIN })),
  ...open.flatMap((path) => ['HEAD', 'POST', 'PUT', 'DELETE'].map((method) => any(`read: ${method} ${path}`, path, { method }))),
  any('read: metadata with a query', `${DISCOVERY}?x=1`),
  any('read: metadata as HTML', DISCOVERY, { headers: html }),
  any('read: metadata with a slash after it', `${DISCOVERY}/`),
  any('read: a path that is not there', '/nothing'),
  any('read: a path with dot segments', '/x/../jwks'),
  any('read: a path with an encoded slash', '/x%2f..%2fjwks'),
  any('read: a path with a broken escape', '/jw%zzks'),
  any('read: a path with NUL', '/jwks%00'),
];
const preflights = [
  ...open.map((path) => preflight(path, 'GET')),
  preflight('/token', 'POST'),
  preflight('/par', 'POST'),
  preflight('/userinfo', 'GET'),
  preflight('/introspect', 'POST'),
  preflight('/revoke', 'POST'),
  preflight('/logout', 'POST'),
  preflight('/token', 'DELETE'),
  any('preflight: /token without a method', '/token', { method: 'OPTIONS', headers: ORIGIN }),
  any('preflight: /token without an Origin', '/token', { method: 'OPTIONS' }),
  any('preflight: a path that is not there', '/nothing', {
    method: 'OPTIONS',
    headers: { ...ORIGIN, 'access-control-request-method': 'GET' },
  }),
  any('cors: /token, an error', '/token', {
    method: 'POST',
    headers: { ...ORIGIN, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=x',
  }),
  any('cors: /token from null', '/token', {
    method: 'POST',
    headers: { origin: 'null', 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=x&client_id=df-public',
  }),
];

export const rows = [logouts, reading, preflights].flat();
