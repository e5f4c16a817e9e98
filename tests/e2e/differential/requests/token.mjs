// /token: the grants, and what is wrong with codes, verifiers, refresh tokens and bodies.

import { otherResource, resource } from '../clients.mjs';
import { verifier } from '../side.mjs';
import { raw } from '../wire.mjs';
import { codeGrant, long, post, refreshGrant } from './build.mjs';

const code = post('token, code', '/token', codeGrant);
const machine = post('token, client', '/token', () => ({ grant_type: 'client_credentials' }));
const refresh = post('token, refresh', '/token', refreshGrant);
const plain = post('token', '/token');

const good = [
  code('good', {}),
  code('good, by client_secret_post', {}, { client: 'post' }),
  code('good, by client_secret_jwt', {}, { client: 'secretjwt' }),
  code('good, by private_key_jwt', {}, { client: 'keyjwt' }),
  code('good, of a public client', {}, { client: 'public' }),
  code('good, of a pairwise client', {}, { client: 'pairwise' }),
  code('good, with an encrypted ID token', {}, { client: 'sealed' }),
  code('good, of a client without refresh tokens', {}, { client: 'codeonly' }),
  code('good, of a client that asks for consent', {}, { client: 'consent' }),
  code(
    'good, without PKCE where it may be left out',
    async (side) => ({
      ...(await codeGrant(side, 'lax', { code_challenge: undefined, code_challenge_method: undefined })),
      code_verifier: undefined,
    }),
    { client: 'lax' },
  ),
  code('good, of code id_token', async (side) => codeGrant(side, 'hybrid', { response_type: 'code id_token' }), { client: 'hybrid' }),
  code('good, offline_access', async (side) => codeGrant(side, 'basic', { scope: 'openid offline_access', prompt: 'consent' })),
  code('good, with scope and other parameters that do not belong here', { scope: 'openid', made_up: '1' }),
];

const other = async (side) => ({ code: await side.code('other') });
const codes = [
  ['code is missing', { code: undefined }],
  ['code is empty', { code: '' }],
  [
    'code is repeated',
    async (side) => {
      const one = await side.code('basic');
      return { code: [one, one] };
    },
  ],
  ['code is unknown', { code: 'nothing' }],
  ['code is too long', { code: long(5000) }],
  ['code not ASCII', { code: 'mã' }],
  ['code with NUL', { code: raw('a%00b') }],
  ['code badly encoded', { code: raw('%zz') }],
  ['code not UTF-8', { code: raw('%ff%fe') }],
  [
    'code changed in its last letter',
    async (side) => {
      const one = await side.code('basic');
      return { code: one.slice(0, -2) + (one.endsWith('AA') ? 'BB' : 'AA') };
    },
  ],
  ['code with a space after it', async (side) => ({ code: `${await side.code('basic')} ` })],
  ['code of another client', other],
  ['code that is an access token', async (side) => ({ code: (await side.tokens('basic')).access_token })],
  ['code that is a refresh token', async (side) => ({ code: (await side.tokens('basic')).refresh_token })],
  ['redirect_uri is missing', { redirect_uri: undefined }],
  ['redirect_uri is empty', { redirect_uri: '' }],
  ['redirect_uri is another', { redirect_uri: 'https://df-basic.example/cb2' }],
  ['redirect_uri is repeated', { redirect_uri: ['https://df-basic.example/cb', 'https://df-basic.example/cb'] }],
  ['redirect_uri with a slash after it', { redirect_uri: 'https://df-basic.example/cb/' }],
  ['code_verifier is missing', { code_verifier: undefined }],
  ['code_verifier is empty', { code_verifier: '' }],
  ['code_verifier is wrong', { code_verifier: `${verifier.slice(0, -1)}x` }],
  ['code_verifier is the challenge', { code_verifier: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' }],
  ['code_verifier is too short', { code_verifier: 'abc' }],
  ['code_verifier is too long', { code_verifier: long(129) }],
  ['code_verifier with a forbidden character', { code_verifier: `${verifier.slice(0, -1)}!` }],
  ['code_verifier is repeated', { code_verifier: [verifier, verifier] }],
  ['code_verifier not ASCII', { code_verifier: long(43, 'ă') }],
  ['grant_type is missing', { grant_type: undefined }],
  ['grant_type is empty', { grant_type: '' }],
  ['grant_type is repeated', { grant_type: ['authorization_code', 'authorization_code'] }],
  ['grant_type in the wrong case', { grant_type: 'Authorization_Code' }],
  ['resource that was not asked for', { resource }],
]
  .map(([name, change]) => code(name, change))
  .concat([
    code('code of another client, public', other, { client: 'public' }),
    code(
      'code_verifier for a code without a challenge',
      async (side) => codeGrant(side, 'lax', { code_challenge: undefined, code_challenge_method: undefined }),
      { client: 'lax' },
    ),
    code(
      'code_verifier missing, a challenge was sent by a client that may leave PKCE out',
      { code_verifier: undefined },
      { client: 'lax' },
    ),
    code('code after a minute', async (side) => {
      const form = await codeGrant(side, 'basic');
      await side.passMinute('code');
      return form;
    }),
    code('code after the session has ended', async (side) => {
      const cookies = await side.newSession();
      const tokens = await side.tokens('basic', {}, cookies);
      const form = { code: await side.code('basic', {}, cookies) };
      await side.signOut(cookies, tokens.id_token);
      return form;
    }),
    code('code a second time', async (side) => {
      const form = await codeGrant(side, 'basic');
      await side.post('/token', 'basic', form);
      return form;
    }),
    code('code after a wrong verifier', async (side) => {
      const form = await codeGrant(side, 'basic');
      await side.post('/token', 'basic', { ...form, code_verifier: long(43) });
      return form;
    }),
    code('code after a wrong redirect_uri', async (side) => {
      const form = await codeGrant(side, 'basic');
      await side.post('/token', 'basic', { ...form, redirect_uri: 'https://df-basic.example/x' });
      return form;
    }),
    code('code after another client tried it', async (side) => {
      const form = await codeGrant(side, 'basic');
      await side.post('/token', 'other', form);
      return form;
    }),
    code('resource', async (side) => ({ ...(await codeGrant(side, 'resource', { resource })), resource }), { client: 'resource' }),
    code('resource that was asked for, not named again', async (side) => codeGrant(side, 'resource', { resource }), { client: 'resource' }),
    code(
      'resource, another than asked for',
      async (side) => ({ ...(await codeGrant(side, 'resource', { resource })), resource: otherResource }),
      { client: 'resource' },
    ),
    code(
      'resource, two at once',
      async (side) => ({
        ...(await codeGrant(side, 'resource', { resource: [resource, otherResource] })),
        resource: [resource, otherResource],
      }),
      { client: 'resource' },
    ),
  ]);

const refreshes = [
  refresh('good', {}),
  refresh('good, of a public client', {}, { client: 'public' }),
  refresh('good, offline_access', async (side) => refreshGrant(side, 'basic', { scope: 'openid offline_access', prompt: 'consent' })),
  refresh('narrower scope', { scope: 'openid' }),
  refresh('wider scope', { scope: 'openid profile unit' }),
  refresh('scope that nobody knows', { scope: 'openid made_up' }),
  refresh('scope is empty', { scope: '' }),
  refresh('scope without openid', { scope: 'profile' }),
  refresh('refresh_token is missing', { refresh_token: undefined }),
  refresh('refresh_token is empty', { refresh_token: '' }),
  refresh('refresh_token is unknown', { refresh_token: 'nothing' }),
  refresh('refresh_token is too long', { refresh_token: long(5000) }),
  refresh('refresh_token is repeated', { refresh_token: ['a', 'b'] }),
  refresh('refresh_token not ASCII', { refresh_token: 'thẻ' }),
  refresh('refresh_token with NUL', { refresh_token: raw('a%00') }),
  refresh('refresh_token of another client', async (side) => ({ refresh_token: (await side.tokens('other')).refresh_token })),
  refresh('refresh_token that is an access token', async (side) => ({ refresh_token: (await side.tokens('basic')).access_token })),
  refresh('refresh_token that is a code', async (side) => ({ refresh_token: await side.code('basic') })),
  refresh('refresh_token a second time at once', async (side) => {
    const form = await refreshGrant(side, 'basic');
    await side.post('/token', 'basic', form);
    return form;
  }),
  refresh('refresh_token a second time, later', async (side) => {
    const form = await refreshGrant(side, 'basic');
    await side.post('/token', 'basic', form);
    await side.passMinute('refresh');
    return form;
  }),
  refresh('the successor after a second use, later', async (side) => {
    const form = await refreshGrant(side, 'basic');
    const { json } = await side.post('/token', 'basic', form);
    await side.passMinute('refresh');
    await side.post('/token', 'basic', form);
    return { refresh_token: json.refresh_token };
  }),
  refresh('refresh_token after it was revoked', async (side) => {
    const form = await refreshGrant(side, 'basic');
    await side.post('/revoke', 'basic', { token: form.refresh_token });
    return form;
  }),
  refresh('refresh_token after its access token was revoked', async (side) => {
    const { access_token: token, refresh_token: one } = await side.tokens('basic');
    await side.post('/revoke', 'basic', { token });
    return { refresh_token: one };
  }),
  refresh('refresh_token after its code was used twice', async (side) => {
    const form = await codeGrant(side, 'basic');
    const { json } = await side.post('/token', 'basic', form);
    await side.post('/token', 'basic', form);
    return { refresh_token: json.refresh_token };
  }),
  refresh('refresh_token after the session has ended', async (side) => {
    const cookies = await side.newSession();
    const tokens = await side.tokens('basic', {}, cookies);
    await side.signOut(cookies, tokens.id_token);
    return { refresh_token: tokens.refresh_token };
  }),
  refresh(
    'resource that was not asked for',
    async (side) => ({ ...(await refreshGrant(side, 'resource', { resource })), resource: otherResource }),
    { client: 'resource' },
  ),
  plain('refresh of a client without that grant', { grant_type: 'refresh_token', refresh_token: 'x' }, { client: 'machine' }),
];

const machines = [
  machine('good', {}),
  machine('good, by private_key_jwt', {}, { client: 'keyjwt' }),
  machine('good, of a client that does nothing else', {}, { client: 'machine' }),
  machine('scope that speaks of a person', { scope: 'openid' }),
  machine('scope that nobody knows', { scope: 'made_up' }),
  machine('scope is empty', { scope: '' }),
  machine('scope is repeated', { scope: ['a', 'b'] }),
  machine('scope with a quote', { scope: '"' }),
  machine('of a client without that grant', {}, { client: 'other' }),
  machine('of a public client', {}, { client: 'public' }),
  machine('resource of a client without any', { resource }),
  machine('resource that is relative', { resource: '/api' }),
  machine('resource is repeated', { resource: [resource, otherResource] }),
  ...[
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
    'none',
    'client_credentials ',
    long(500),
  ].map((value) => machine(`grant_type "${value.slice(0, 50)}"`, { grant_type: value, username: 'an', password: 'x' })),
];

const FORM = 'application/x-www-form-urlencoded';
const typed = (name, type, body = 'grant_type=client_credentials') => plain(name, {}, { body, headers: { 'content-type': type } });
const shape = [
  typed('a body of JSON', 'application/json', '{"grant_type":"client_credentials"}'),
  typed('a body of text', 'text/plain'),
  typed('a body without a type', undefined),
  typed('a body of multipart/form-data', 'multipart/form-data; boundary=x'),
  typed('a form with a charset', `${FORM}; charset=UTF-8`),
  typed('a form with another charset', `${FORM}; charset=utf-16`),
  typed('a form with its type in capitals', FORM.toUpperCase()),
  typed('a form with a type that is cut', 'application/x-www-form'),
  typed('no body at all', FORM, ''),
  typed('a body of separators', FORM, '&&&&'),
  typed('a body that is too large', FORM, `grant_type=client_credentials&x=${long(70000)}`),
  typed('a body of broken escapes', FORM, 'grant_type=client_credentials&x=%zz'),
  typed('a body with NUL', FORM, 'grant_type=client_credentials\0'),
  typed('a body that is not UTF-8', FORM, Buffer.from([0x67, 0xff, 0x3d, 0xfe])),
  typed('a body with a name twice that nobody knows', FORM, 'grant_type=client_credentials&x=1&x=2'),
  typed('a body with 300 names', FORM, `grant_type=client_credentials&${Array.from({ length: 300 }, (_, i) => `p${i}=1`).join('&')}`),
  plain(
    'parameters in the query',
    {},
    { more: { path: '/token?grant_type=client_credentials', body: '' }, headers: { 'content-type': FORM } },
  ),
  plain(
    'a secret in the query',
    { grant_type: 'client_credentials' },
    { client: 'post', auth: () => ({}), more: { path: '/token?client_id=df-post&client_secret=x' } },
  ),
  ...['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'].map((method) =>
    plain(method, {}, { method, more: { form: undefined, path: '/token?grant_type=client_credentials' } }),
  ),
];

export const rows = [good, codes, refreshes, machines, shape].flat();
