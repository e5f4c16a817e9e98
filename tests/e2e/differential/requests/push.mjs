// /par and what comes of it at /authorize; request objects at both.

import { challenge } from '../side.mjs';
import { raw } from '../wire.mjs';
import { forge, unsigned } from '../forge.mjs';
import { any, authorize, keys, long, now, post } from './build.mjs';

const params = (side, client, change) => side.authorizeParams(client, change);
const push = post('par', '/par', (side, client) => params(side, client));

const pushes = [
  push('good', {}),
  push('good, by client_secret_post', {}, { client: 'post' }),
  push('good, by private_key_jwt', {}, { client: 'keyjwt' }),
  push('good, of a public client', {}, { client: 'public' }),
  push('good, of a client that must push', {}, { client: 'pushed' }),
  push('without authentication', {}, { auth: () => ({}) }),
  push('client_id only by authentication', { client_id: undefined }),
  push('only client_id of a client with a secret', {}, { auth: () => ({ form: { client_id: 'df-basic' } }) }),
  push('client_id of another client', { client_id: 'df-other' }),
  push('redirect_uri is missing', { redirect_uri: undefined }),
  push('redirect_uri is not registered', { redirect_uri: 'https://evil.example/' }),
  push('response_type is missing', { response_type: undefined }),
  push('response_type token', { response_type: 'token' }),
  push('response_type is repeated', { response_type: ['code', 'code'] }),
  push('code_challenge is missing', { code_challenge: undefined, code_challenge_method: undefined }),
  push('code_challenge_method plain', { code_challenge_method: 'plain' }),
  push('scope without openid', { scope: 'profile' }),
  push('scope with admin', { scope: 'openid admin' }),
  push('prompt none login', { prompt: 'none login' }),
  push('max_age soon', { max_age: 'soon' }),
  push('claims is no JSON', { claims: '{' }),
  push('response_mode smoke', { response_mode: 'smoke' }),
  push('request_uri inside', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }),
  push('state that is long', { state: long(2000) }),
  push('state badly encoded', { state: raw('%zz') }),
  push('state with NUL', { state: raw('a%00') }),
  push('dpop_jkt', { dpop_jkt: keys.dpop.jkt }),
  push('dpop_jkt that is none', { dpop_jkt: 'x' }),
  push('registration', { registration: '{}' }),
  push('id_token_hint that is none', { id_token_hint: 'x' }),
  push("resource that is not the client's", { resource: 'https://evil.example/' }, { client: 'resource' }),
  push('authorization_details of another type', { authorization_details: '[{"type":"other"}]' }, { client: 'resource' }),
  push(
    'a proof, and its key as dpop_jkt',
    { dpop_jkt: keys.dpop.jkt },
    { headers: async (side) => ({ dpop: await side.dpop('POST', '/par') }) },
  ),
  push(
    'a proof, and another key as dpop_jkt',
    { dpop_jkt: keys.dpopOther.jkt },
    { headers: async (side) => ({ dpop: await side.dpop('POST', '/par') }) },
  ),
  push('a body of JSON', {}, { body: '{}', headers: { 'content-type': 'application/json' } }),
  push('no parameters at all', {}, { body: '', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  ...['GET', 'PUT', 'DELETE'].map((method) => any(`par: ${method}`, '/par', { method })),
];

// Only what a request by reference needs; more: parameters beside it.
const visit = (name, make, { client = 'basic', ...options } = {}) =>
  authorize(
    `pushed: ${name}`,
    async (side) => {
      const nothing = Object.fromEntries(Object.keys(side.authorizeParams(client)).map((one) => [one, undefined]));
      const made = await make(side);
      return { ...nothing, client_id: side.clients[client].id, ...(typeof made === 'string' ? { request_uri: made } : made) };
    },
    { client, ...options },
  );

const visits = [
  visit('good', (side) => side.push('basic')),
  visit('good, not signed in', (side) => side.push('basic'), { session: 'none' }),
  visit('good, of a client that must push', (side) => side.push('pushed'), { client: 'pushed' }),
  visit('prompt none inside, not signed in', (side) => side.push('basic', { prompt: 'none' }), { session: 'none' }),
  visit('with other parameters beside it', async (side) => ({
    request_uri: await side.push('basic'),
    scope: 'openid roles',
    state: 'other',
    redirect_uri: 'https://evil.example/',
    response_type: 'token',
  })),
  visit('without client_id', async (side) => ({ request_uri: await side.push('basic'), client_id: undefined })),
  visit("with another client's client_id", async (side) => ({ request_uri: await side.push('basic'), client_id: 'df-other' })),
  visit('a second time', async (side) => {
    const uri = await side.push('basic');
    await side.send({ path: '/authorize', query: { client_id: 'df-basic', request_uri: uri }, cookies: side.cookies });
    return uri;
  }),
  visit('a second time, the first stopped at the sign-in page', async (side) => {
    const uri = await side.push('basic');
    await side.send({ path: '/authorize', query: { client_id: 'df-basic', request_uri: uri } });
    return uri;
  }),
  visit('after a minute', async (side) => {
    const uri = await side.push('basic');
    await side.passMinute('push');
    return uri;
  }),
  visit('that nobody pushed', () => 'urn:ietf:params:oauth:request_uri:nothing'),
  visit('changed in its last letters', async (side) => `${(await side.push('basic')).slice(0, -4)}AAAA`),
  visit('is empty', () => 'urn:ietf:params:oauth:request_uri:'),
  visit('twice', async (side) => {
    const uri = await side.push('basic');
    return { request_uri: [uri, uri] };
  }),
  visit('and a request object', async (side) => ({ request_uri: await side.push('basic'), request: 'x' })),
  visit('that is an address', () => 'https://df-basic.example/request'),
  visit('that is an address of the loopback', () => 'http://127.0.0.1:1/'),
  authorize('a client that must push, but did not', {}, { client: 'pushed' }),
  authorize('pushed: unknown, with a good request beside it', { request_uri: 'urn:ietf:params:oauth:request_uri:nothing' }),
];

// RFC 9101: the parameters as claims.
const inside = (side, client, change) => ({
  ...side.authorizeParams(client),
  iss: side.clients[client].id,
  aud: side.issuer,
  iat: now(),
  nbf: now(),
  exp: now() + 60,
  ...change,
});
const faults = [
  ['good', {}],
  ['good, without a type', {}, {}],
  ['good, of the type JWT', {}, { typ: 'JWT' }],
  ['of the type at+jwt', {}, { typ: 'at+jwt' }],
  ['without aud', { aud: undefined }],
  ['for another', { aud: 'https://other.example' }],
  ['for several', (side) => ({ aud: [side.issuer, 'https://other.example'] })],
  ['for the authorization endpoint', (side) => ({ aud: `${side.issuer}/authorize` })],
  ['without iss', { iss: undefined }],
  ['of another iss', { iss: 'df-basic' }],
  ['without exp', { exp: undefined }],
  ['that expired', () => ({ exp: now() - 60 })],
  ['with exp as a text', { exp: 'soon' }],
  ['with exp tomorrow', () => ({ exp: now() + 86400 })],
  ['with nbf ahead', () => ({ nbf: now() + 600 })],
  ['with nbf five seconds ahead', () => ({ nbf: now() + 5 })],
  ['with iat ahead', () => ({ iat: now() + 600 })],
  ['without iat, nbf, exp', { iat: undefined, nbf: undefined, exp: undefined }],
  ['without client_id', { client_id: undefined }],
  ['with another client_id', { client_id: 'df-basic' }],
  ['with a request inside', { request: 'x' }],
  ['with a request_uri inside', { request_uri: 'urn:x' }],
  ['without redirect_uri', { redirect_uri: undefined }],
  ['with a redirect_uri that is not registered', { redirect_uri: 'https://evil.example/' }],
  ['without response_type', { response_type: undefined }],
  ['with another response_type', { response_type: 'id_token' }],
  ['with claims as an object', { claims: { userinfo: { name: null } } }],
  ['with claims as a text', { claims: '{"userinfo":{"name":null}}' }],
  ['with max_age as a number', { max_age: 10000 }],
  ['with max_age as a text', { max_age: '10000' }],
  ['with scope as a list', { scope: ['openid'] }],
  ['with state as a number', { state: 1 }],
  ['with prompt that is wrong', { prompt: 'none login' }],
  ['with a state of its own', { state: 'inner' }],
  ['without PKCE, which stands outside', { code_challenge: undefined, code_challenge_method: undefined }],
  ['without nonce, which stands outside', { nonce: undefined }],
  ['with a member that nobody knows', { made_up: 1 }],
  ["by a stranger's key", {}, {}, keys.stranger],
  ['by another algorithm', {}, {}, keys.rsa],
  ['with a kid that is not known', {}, { kid: 'x' }],
  ['with crit', {}, { crit: ['x'], x: 1 }],
  ['with a NUL inside', { state: 'a\0b' }],
];
const TYP = { typ: 'oauth-authz-req+jwt' };
const objectOf =
  (change, header = TYP, key = keys.signer, client = 'object') =>
  async (side) =>
    forge({ alg: key.alg, kid: key.jwk.kid, ...header }, inside(side, client, typeof change === 'function' ? change(side) : change), key);

const objects = faults
  .map(([name, change, header, key]) =>
    authorize(`object: ${name}`, async (side) => ({ request: await objectOf(change, header, key)(side) }), { client: 'object' }),
  )
  .concat([
    authorize(
      'object: alone with client_id',
      async (side) => ({
        redirect_uri: undefined,
        response_type: undefined,
        scope: undefined,
        state: undefined,
        nonce: undefined,
        code_challenge: undefined,
        code_challenge_method: undefined,
        request: await objectOf({})(side),
      }),
      { client: 'object' },
    ),
    authorize('object: without signature', (side) => ({ request: unsigned({ alg: 'none' }, inside(side, 'object')) }), {
      client: 'object',
    }),
    authorize('object: of a client without keys', async (side) => ({ request: await objectOf({}, TYP, keys.signer, 'basic')(side) })),
    ...[
      ['that is none', 'x'],
      ['is empty', ''],
      ['of two parts', 'a.b'],
      ['of five parts', 'a.b.c.d.e'],
      ['that is too long', long(5000)],
      ['repeated', ['x', 'y']],
      ['whose claims are no JSON', unsigned({ alg: 'ES256' }, '{', 'AAAA')],
      ['not ASCII', 'vật'],
    ].map(([name, request]) => authorize(`object: ${name}`, { request }, { client: 'object' })),
    authorize('object: is missing, but must be there', {}, { client: 'signedonly' }),
    authorize('object: by POST', async (side) => ({ request: await objectOf({})(side) }), { client: 'object', method: 'POST' }),
    authorize(
      'object: response_mode inside, with an error',
      async (side) => ({ request: await objectOf({ response_mode: 'fragment', prompt: 'none login' })(side) }),
      { client: 'object' },
    ),
    authorize('object: unreadable, response_mode beside it', { request: 'x', response_mode: 'form_post' }, { client: 'object' }),
    authorize(
      'object: code_challenge inside',
      async (side) => ({
        code_challenge: undefined,
        code_challenge_method: undefined,
        request: await objectOf({ code_challenge: challenge, code_challenge_method: 'S256' })(side),
      }),
      { client: 'object' },
    ),
  ]);

const pushed = post('par, object', '/par', (side, client) => ({ client_id: side.clients[client].id }));
const inPush = [
  ['good', {}],
  ['expired', () => ({ exp: now() - 60 })],
  ['for another', { aud: 'https://other.example' }],
  ['of another client', { client_id: 'df-basic' }],
  ['without client_id', { client_id: undefined }],
  ["by a stranger's key", {}, TYP, keys.stranger],
  ['with a request_uri inside', { request_uri: 'urn:x' }],
  ['with a redirect_uri that is not registered', { redirect_uri: 'https://evil.example/' }],
]
  .map(([name, change, header, key]) =>
    pushed(name, async (side) => ({ request: await objectOf(change, header, key, 'signedonly')(side) }), { client: 'signedonly' }),
  )
  .concat([
    pushed(
      'with parameters beside it',
      async (side) => ({
        ...params(side, 'signedonly', { scope: 'openid roles' }),
        request: await objectOf({}, TYP, keys.signer, 'signedonly')(side),
      }),
      { client: 'signedonly' },
    ),
    pushed('is missing, but must be there', (side) => params(side, 'signedonly'), { client: 'signedonly' }),
    pushed('without signature', (side) => ({ request: unsigned({ alg: 'none' }, inside(side, 'signedonly')) }), { client: 'signedonly' }),
  ]);

export const rows = [pushes, visits, objects, inPush].flat();
