// /authorize: each parameter good, missing, empty, repeated, too long, badly encoded, of the wrong kind.

import { challenge } from '../side.mjs';
import { raw } from '../wire.mjs';
import { unsigned } from '../forge.mjs';
import { any, authorize, keys, long } from './build.mjs';

const native = { client: 'native' };
const none = { session: 'none' };
const two = { client: 'two' };

const good = [
  authorize('good', {}),
  authorize('good, not signed in', {}, none),
  authorize('good, by POST', {}, { method: 'POST' }),
  authorize('good, by POST, not signed in', {}, { method: 'POST', session: 'none' }),
  authorize('good, POST with parameters in the query', {}, { method: 'POST', path: '/authorize?scope=openid' }),
  authorize('good, without state', { state: undefined }),
  authorize('good, without nonce', { nonce: undefined }),
  authorize('good, with a parameter that nobody knows', { made_up: '1' }),
  authorize('good, with display, ui_locales, claims_locales', { display: 'popup', ui_locales: 'vi xx-XX', claims_locales: 'vi' }),
  authorize('good, of a public client', {}, { client: 'public' }),
  authorize('good, of a pairwise client', {}, { client: 'pairwise' }),
  authorize('good, of a client with default_max_age', {}, { client: 'aged' }),
  authorize(
    'good, client that may leave PKCE out, and does',
    { code_challenge: undefined, code_challenge_method: undefined },
    { client: 'lax' },
  ),
];

const client = [
  authorize('client_id is missing', { client_id: undefined }),
  authorize('client_id is empty', { client_id: '' }),
  authorize('client_id is unknown', { client_id: 'nobody' }),
  authorize('client_id in the wrong case', { client_id: 'DF-BASIC' }),
  authorize('client_id is repeated', { client_id: ['df-basic', 'df-basic'] }),
  authorize('client_id is repeated, of two clients', { client_id: ['df-basic', 'df-other'] }),
  authorize('client_id with a space after it', { client_id: 'df-basic ' }),
  authorize('client_id is too long', { client_id: long(5000) }),
  authorize('client_id with NUL', { client_id: raw('df-basic%00') }),
  authorize('client_id is not UTF-8', { client_id: raw('%ff%fe') }),
  authorize('client_id of markup', { client_id: '<script>alert(1)</script>' }),
  authorize(
    'client without the code grant',
    {},
    {
      client: 'basic',
      query: undefined,
      path: '/authorize?client_id=df-machine&response_type=code&redirect_uri=https%3A%2F%2Fdf-machine.example%2Fcb',
    },
  ),
];

const redirect = [
  ['is missing', undefined],
  ['is empty', ''],
  ['of another client', 'https://df-other.example/cb'],
  ['with a slash after it', 'https://df-basic.example/cb/'],
  ['with a path below', 'https://df-basic.example/cb/more'],
  ['with a query', 'https://df-basic.example/cb?x=1'],
  ['with an empty query', 'https://df-basic.example/cb?'],
  ['with a fragment', 'https://df-basic.example/cb#x'],
  ['with an empty fragment', 'https://df-basic.example/cb#'],
  ['with http', 'http://df-basic.example/cb'],
  ['with the default port', 'https://df-basic.example:443/cb'],
  ['with another port', 'https://df-basic.example:8443/cb'],
  ['with user info', 'https://a@df-basic.example/cb'],
  ['with the host in capitals', 'https://DF-BASIC.example/cb'],
  ['with the scheme in capitals', 'HTTPS://df-basic.example/cb'],
  ['with the path in capitals', 'https://df-basic.example/CB'],
  ['with dot segments', 'https://df-basic.example/x/../cb'],
  ['with an encoded letter', 'https://df-basic.example/c%62'],
  ['with a backslash', 'https://df-basic.example\\cb'],
  ['with a subdomain', 'https://x.df-basic.example/cb'],
  ['with the domain as a part', 'https://df-basic.example.evil.example/cb'],
  ['with a dot after the host', 'https://df-basic.example./cb'],
  ['with spaces around it', ' https://df-basic.example/cb '],
  ['without the scheme', '//df-basic.example/cb'],
  ['of javascript', 'javascript:alert(1)'],
  ['of data', 'data:text/html,x'],
  ['that is no URI', 'cb'],
  ['that is too long', `https://df-basic.example/cb?${long(3000)}`],
  ['is repeated', ['https://df-basic.example/cb', 'https://df-basic.example/cb']],
  ['is repeated, one foreign', ['https://df-basic.example/cb', 'https://evil.example/']],
  ['with a line break', raw('https%3A%2F%2Fdf-basic.example%2Fcb%0d%0aX%3A1')],
  ['with NUL', raw('https%3A%2F%2Fdf-basic.example%2Fcb%00')],
  ['badly encoded', raw('https%3A%2F%2Fdf-basic.example%2Fcb%zz')],
]
  .map(([name, value]) => authorize(`redirect_uri ${name}`, { redirect_uri: value }))
  .concat([
    authorize('redirect_uri, the second of two', { redirect_uri: 'https://df-two.example/cb2?tenant=7' }, two),
    authorize(
      'redirect_uri, the second of two, parameters after a query',
      { redirect_uri: 'https://df-two.example/cb2?tenant=7', prompt: 'wrong' },
      two,
    ),
    authorize('redirect_uri with another query than registered', { redirect_uri: 'https://df-two.example/cb2?tenant=8' }, two),
    authorize('redirect_uri is missing, one of two', { redirect_uri: undefined }, two),
    authorize('redirect_uri on the loopback, another port', { redirect_uri: 'http://127.0.0.1:51004/cb' }, native),
    authorize('redirect_uri on the loopback, no port', {}, native),
    authorize('redirect_uri on the IPv6 loopback, another port', { redirect_uri: 'http://[::1]:51004/cb' }, native),
    authorize('redirect_uri on the loopback, by its name', { redirect_uri: 'http://localhost:51004/cb' }, native),
    authorize('redirect_uri on the loopback, another path', { redirect_uri: 'http://127.0.0.1:51004/other' }, native),
    authorize('redirect_uri on the loopback, with https', { redirect_uri: 'https://127.0.0.1:51004/cb' }, native),
    authorize('redirect_uri on the loopback, another address of it', { redirect_uri: 'http://127.0.0.2:51004/cb' }, native),
    authorize('redirect_uri on the loopback, user info before it', { redirect_uri: 'http://127.0.0.1:51004@evil.example/cb' }, native),
  ]);

const type = [
  ['is missing', undefined],
  ['is empty', ''],
  ['of an access token', 'token'],
  ['of ID token and access token', 'id_token token'],
  ['is none', 'none'],
  ['in the wrong case', 'CODE'],
  ['that nobody knows', 'ticket'],
  ['of code twice', 'code code'],
  ['with a space after it', 'code '],
  ['is repeated', ['code', 'code']],
  ['that the client has not registered', 'id_token'],
  ['that the client has not registered, of two', 'code id_token'],
  ['with a NUL', raw('code%00')],
  ['of everything', 'code id_token token'],
].map(([name, value]) => authorize(`response_type ${name}`, { response_type: value }));

const hybrid = { client: 'hybrid' };
const types = [
  authorize('response_type id_token by form', { response_type: 'id_token', response_mode: 'form_post' }, hybrid),
  authorize('response_type id_token, no mode', { response_type: 'id_token' }, hybrid),
  authorize('response_type id_token by fragment', { response_type: 'id_token', response_mode: 'fragment' }, hybrid),
  authorize('response_type id_token by query', { response_type: 'id_token', response_mode: 'query' }, hybrid),
  authorize('response_type id_token without nonce', { response_type: 'id_token', response_mode: 'form_post', nonce: undefined }, hybrid),
  authorize('response_type code id_token', { response_type: 'code id_token' }, hybrid),
  authorize('response_type id_token code', { response_type: 'id_token code' }, hybrid),
  authorize('response_type code id_token by query', { response_type: 'code id_token', response_mode: 'query' }, hybrid),
  authorize('response_type code id_token by form', { response_type: 'code id_token', response_mode: 'form_post' }, hybrid),
  authorize('response_type code id_token without nonce', { response_type: 'code id_token', nonce: undefined }, hybrid),
  authorize(
    'response_type code id_token, prompt none, not signed in',
    { response_type: 'code id_token', prompt: 'none' },
    { client: 'hybrid', session: 'none' },
  ),
  authorize('response_type token of a client with everything', { response_type: 'token' }, hybrid),
];

const modes = ['query', 'fragment', 'form_post', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'];
const mode = modes
  .flatMap((one) => [
    authorize(`response_mode ${one}`, { response_mode: one }, { client: 'signing' }),
    authorize(`response_mode ${one}, an error`, { response_mode: one, prompt: 'none login' }, { client: 'signing' }),
  ])
  .concat([
    ...['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'].map((one) =>
      authorize(`response_mode ${one} of code id_token`, { response_type: 'code id_token', response_mode: one }, hybrid),
    ),
    ...[
      ['is empty', ''],
      ['that nobody knows', 'smoke'],
      ['in the wrong case', 'Query'],
      ['of web messages', 'web_message'],
      ['is repeated', ['query', 'query']],
    ].map(([name, value]) => authorize(`response_mode ${name}`, { response_mode: value })),
  ]);

const scope = [
  ['is missing', undefined],
  ['is empty', ''],
  ['without openid', 'profile'],
  ['of openid alone', 'openid'],
  ['with a name that nobody knows', 'openid made_up'],
  ['that the client may not have', 'openid admin'],
  ['with offline_access', 'openid offline_access'],
  ['in the wrong case', 'OpenID profile'],
  ['with two spaces', 'openid  profile'],
  ['with a tab', 'openid\tprofile'],
  ['with a comma', 'openid,profile'],
  ['twice the same', 'openid openid'],
  ['is repeated', ['openid', 'profile']],
  ['with a quote', 'openid "profile"'],
  ['with a letter that is not ASCII', 'openid hồ-sơ'],
  ['that is long', `openid ${long(900)}`],
  ['that is too long', `openid ${long(3000)}`],
  ['with NUL', raw('openid%00profile')],
]
  .map(([name, value]) => authorize(`scope ${name}`, { scope: value }))
  .concat([authorize('scope with offline_access and prompt consent', { scope: 'openid offline_access', prompt: 'consent' })]);

const texts = [
  ['state is empty', { state: '' }],
  ['state is repeated', { state: ['a', 'b'] }],
  ['state that is long', { state: long(2000) }],
  ['state that is too long', { state: long(4000) }],
  ['state not ASCII', { state: 'trạng thái' }],
  ['state with NUL', { state: raw('a%00b') }],
  ['state badly encoded', { state: raw('a%zz') }],
  ['state cut in an escape', { state: raw('a%4') }],
  ['state not UTF-8', { state: raw('%ff') }],
  ['state with plus and percent', { state: 'a+b %2B' }],
  ['state with markup, by form', { state: '"><script>', response_mode: 'form_post' }],
  ['nonce is empty', { nonce: '' }],
  ['nonce is repeated', { nonce: ['a', 'b'] }],
  ['nonce not ASCII', { nonce: 'số' }],
  ['nonce that is too long', { nonce: long(3000) }],
  ['registration is there', { registration: '{}' }],
  ['a name that is not known, badly encoded', { '': raw('made_up=%zz') }],
  ['a name that is not known, repeated', { made_up: ['1', '2'] }],
  ['a parameter without a value', { '': raw('nothing') }],
  ['nothing but separators', { '': raw('&&&&') }],
  ['300 parameters', { '': raw(Array.from({ length: 300 }, (_, i) => `p${i}=1`).join('&')) }],
].map(([name, change]) => authorize(name, change));

const pkce = [
  ['is missing', { code_challenge: undefined, code_challenge_method: undefined }],
  ['is empty', { code_challenge: '' }],
  ['without a method', { code_challenge_method: undefined }],
  ['method without a challenge', { code_challenge: undefined }],
  ['method plain', { code_challenge_method: 'plain' }],
  ['method in the wrong case', { code_challenge_method: 's256' }],
  ['method that nobody knows', { code_challenge_method: 'S512' }],
  ['method is empty', { code_challenge_method: '' }],
  ['is too short', { code_challenge: 'abc' }],
  ['of 42 characters', { code_challenge: challenge.slice(1) }],
  ['of 44 characters', { code_challenge: `${challenge}x` }],
  ['with padding', { code_challenge: `${challenge}=` }],
  ['in plain base64', { code_challenge: `${challenge.slice(0, 42)}+` }],
  ['is repeated', { code_challenge: [challenge, challenge] }],
  ['of 43 characters that are no digest', { code_challenge: long(43, '~') }],
  ['that is too long', { code_challenge: long(200) }],
]
  .map(([name, change]) => authorize(`code_challenge ${name}`, change))
  .concat([
    authorize(
      'code_challenge is missing, of a public client',
      { code_challenge: undefined, code_challenge_method: undefined },
      { client: 'public' },
    ),
    authorize('code_challenge plain, of a client that may leave PKCE out', { code_challenge_method: 'plain' }, { client: 'lax' }),
  ]);

const prompts = [
  ['none'],
  ['login'],
  ['consent'],
  ['select_account'],
  ['login consent'],
  ['none login'],
  ['none none'],
  ['create'],
  ['NONE'],
  [''],
  ['login  consent'],
]
  .flatMap(([value]) => [
    authorize(`prompt "${value}"`, { prompt: value }),
    authorize(`prompt "${value}", not signed in`, { prompt: value }, none),
  ])
  .concat([
    authorize('prompt is repeated', { prompt: ['login', 'consent'] }),
    authorize('prompt none of a client that asks for consent', { prompt: 'none' }, { client: 'consent' }),
    authorize('a client that asks for consent', {}, { client: 'consent' }),
    authorize('prompt consent of a client that asks for consent', { prompt: 'consent' }, { client: 'consent' }),
  ]);

const hintOf = (name, change) => async (side) => ({ id_token_hint: (await side.tokens(name)).id_token, ...change });
const wishes = [
  authorize('max_age 1, signed in longer ago', async (side) => {
    await side.untilAged();
    return { max_age: '1' };
  }),
  ...['0', '10000', '-1', 'soon', '1.5', '', '99999999999999999999', '+1', ' 1', '1e3', '0x10'].map((value) =>
    authorize(`max_age "${value}"`, { max_age: value }),
  ),
  authorize('max_age 0 with prompt none', { max_age: '0', prompt: 'none' }),
  authorize('max_age 10000, not signed in', { max_age: '10000' }, none),
  authorize('acr_values that can be had', { acr_values: 'LoA1' }),
  authorize('acr_values that cannot be had', { acr_values: 'LoA9' }),
  authorize('acr_values not ASCII', { acr_values: 'mức' }),
  authorize('login_hint', { login_hint: 'an' }),
  authorize('login_hint, not signed in', { login_hint: '"><b>' }, none),
  authorize('id_token_hint', hintOf('basic')),
  authorize('id_token_hint, prompt none', hintOf('basic', { prompt: 'none' })),
  authorize('id_token_hint, prompt none, not signed in', hintOf('basic', { prompt: 'none' }), none),
  authorize('id_token_hint of another client', hintOf('other')),
  authorize('id_token_hint that is none', { id_token_hint: 'x' }),
  authorize('id_token_hint with a bad signature', async (side) => ({
    id_token_hint: `${(await side.tokens('basic')).id_token.slice(0, -8)}AAAAAAAA`,
  })),
  authorize('id_token_hint without signature', { id_token_hint: unsigned({ alg: 'none' }, { sub: 'x' }) }),
  authorize('id_token_hint that is an access token', async (side) => ({ id_token_hint: (await side.tokens('basic')).access_token })),
  ...[
    ['good', '{"userinfo":{"name":{"essential":true}},"id_token":{"email":null}}'],
    ['is no JSON', '{'],
    ['is an array', '[]'],
    ['is a number', '1'],
    ['is empty', ''],
    ['with a member that nobody knows', '{"x":{}}'],
    ['that demand an acr that can be had', '{"id_token":{"acr":{"essential":true,"values":["LoA1"]}}}'],
    ['that demand an acr that cannot be had', '{"id_token":{"acr":{"essential":true,"value":"LoA9"}}}'],
    ['of a strange kind', '{"userinfo":"name"}'],
    ['with a claim of a strange kind', '{"userinfo":{"name":1}}'],
    ['deep', `${long(60, '{"userinfo":')}1${long(60, '}')}`],
    ['with a name twice', '{"userinfo":{},"userinfo":{}}'],
    ['that demand another sub', '{"id_token":{"sub":{"value":"somebody"}}}'],
  ].map(([name, value]) => authorize(`claims ${name}`, { claims: value })),
  authorize('claims that demand another sub, prompt none', { claims: '{"id_token":{"sub":{"value":"somebody"}}}', prompt: 'none' }),
  authorize('dpop_jkt', { dpop_jkt: keys.dpop.jkt }),
  authorize('dpop_jkt that is none', { dpop_jkt: 'x' }),
];

const res = { client: 'resource' };
const targets = [
  authorize('resource', { resource: 'https://api.example/' }, res),
  authorize('resource twice, both good', { resource: ['https://api.example/', 'https://files.example/'] }, res),
  authorize("resource that is not the client's", { resource: 'https://evil.example/' }, res),
  authorize('resource of a client without any', { resource: 'https://api.example/' }),
  authorize('resource with a fragment', { resource: 'https://api.example/#x' }, res),
  authorize('resource that is relative', { resource: '/api' }, res),
  authorize('resource is empty', { resource: '' }, res),
  authorize('resource, one of two foreign', { resource: ['https://api.example/', 'https://evil.example/'] }, res),
  ...[
    ['good', '[{"type":"payment"}]'],
    ['of another type', '[{"type":"other"}]'],
    ['is no JSON', '['],
    ['is an object', '{"type":"payment"}'],
    ['without a type', '[{}]'],
    ['is empty', ''],
    ['is an empty array', '[]'],
  ].map(([name, value]) =>
    authorize(`authorization_details ${name}`, { authorization_details: value, resource: 'https://api.example/' }, res),
  ),
  authorize('authorization_details without resource', { authorization_details: '[{"type":"payment"}]' }, res),
  authorize(
    'authorization_details, prompt none',
    { authorization_details: '[{"type":"payment"}]', resource: 'https://api.example/', prompt: 'none' },
    res,
  ),
];

const html = { accept: 'text/html' };
const form = { ...html, 'content-type': 'application/x-www-form-urlencoded' };
const shape = [
  any('authorize: without a query', '/authorize', { headers: html }),
  any('authorize: a path below', '/authorize/more', { headers: html }),
  any('authorize: a slash after it', '/authorize/', { headers: html }),
  any('authorize: in capitals', '/Authorize', { headers: html }),
  any('authorize: POST without a body', '/authorize', { method: 'POST', headers: html }),
  any('authorize: POST of JSON', '/authorize', {
    method: 'POST',
    headers: { ...html, 'content-type': 'application/json' },
    body: '{"client_id":"df-basic"}',
  }),
  any('authorize: POST of text', '/authorize', {
    method: 'POST',
    headers: { ...html, 'content-type': 'text/plain' },
    body: 'client_id=df-basic',
  }),
  any('authorize: POST of broken escapes', '/authorize', { method: 'POST', headers: form, body: 'client_id=%zz' }),
  any('authorize: POST that is too large', '/authorize', { method: 'POST', headers: form, body: `client_id=${long(70000)}` }),
  ...['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) =>
    any(`authorize: ${method}`, '/authorize?client_id=df-basic', { method, headers: html }),
  ),
  any('authorize: a preflight', '/authorize', {
    method: 'OPTIONS',
    headers: { origin: 'https://df-basic.example', 'access-control-request-method': 'GET' },
  }),
  authorize('with an Origin', {}, { headers: { origin: 'https://df-basic.example' } }),
  any('authorize: a target that is too long', `/authorize?client_id=${long(12000)}`, { headers: html }),
];

export const rows = [good, client, redirect, type, types, mode, scope, texts, pkce, prompts, wishes, targets, shape].flat();
