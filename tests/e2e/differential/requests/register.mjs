// /register: clients that register themselves (RFC 7591, OpenID Connect Registration 1.0) and manage that (RFC 7592).

import { jwksOf } from '../../lib/clients.mjs';
import { keys, long } from './build.mjs';

const good = { client_name: 'Thử', redirect_uris: ['https://rp.example/cb'] };
const json = (token) => ({ 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) });
const bodyOf = (body) => (typeof body === 'string' ? body : JSON.stringify(body));

// change: members that replace those of a good registration; body: instead of all.
const row = (name, change, { token = (side) => side.initialAccessToken, body, headers } = {}) => ({
  name: `register: ${name}`,
  async make(side) {
    return {
      method: 'POST',
      path: '/register',
      body: bodyOf(body ?? { ...good, ...change }),
      headers: { ...json(await token(side)), ...headers },
    };
  },
});

const token = (name, make) => row(name, {}, { token: make });
const shapes = [
  row('good', {}),
  token('without a token', () => undefined),
  token('with a token that is none', () => 'nothing'),
  token('with an access token', async (side) => (await side.tokens('basic')).access_token),
  row('with the token in lower case', {}, { headers: { authorization: 'bearer x' } }),
  row('by Basic', {}, { headers: { authorization: 'Basic YTpi' } }),
  ...[
    ['no JSON', '{'],
    ['an array', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['empty', ''],
    ['with a name twice', '{"redirect_uris":["https://rp.example/cb"],"redirect_uris":["https://rp.example/cb"]}'],
    ['deep', `{"redirect_uris":["https://rp.example/cb"],"x":${long(100, '[')}${long(100, ']')}}`],
    ['with a NUL', '{"redirect_uris":["https://rp.example/cb"],"client_name":"a\\u0000b"}'],
    ['too large', `{"redirect_uris":["https://rp.example/cb"],"client_name":"${long(70000)}"}`],
  ].map(([name, body]) => row(`a body that is ${name}`, {}, { body })),
  row('a form', {}, { body: 'client_name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  row('a body without a type', {}, { headers: { 'content-type': undefined } }),
  row('a body of JSON with a charset', {}, { headers: { 'content-type': 'application/json; charset=utf-8' } }),
  row('with an Origin', {}, { headers: { origin: 'https://app.example' } }),
];

const uris = [
  ['missing', undefined],
  ['empty', []],
  ['a text', 'https://rp.example/cb'],
  ['with a number', [1]],
  ['with http', ['http://rp.example/cb']],
  ['with localhost', ['http://localhost/cb']],
  ['with a fragment', ['https://rp.example/cb#x']],
  ['with an empty fragment', ['https://rp.example/cb#']],
  ['with user info', ['https://a:b@rp.example/cb']],
  ['with a wildcard', ['https://*.example/cb']],
  ['with dot segments', ['https://rp.example/x/../cb']],
  ['relative', ['/cb']],
  ['of javascript', ['javascript:alert(1)']],
  ['of data', ['data:text/html,x']],
  ['with a query', ['https://rp.example/cb?x=1']],
  ['not ASCII', ['https://rp.example/gọi']],
  ['too long', [`https://rp.example/${long(3000)}`]],
  ['twice the same', ['https://rp.example/cb', 'https://rp.example/cb']],
].map(([name, value]) => row(`redirect_uris ${name}`, { redirect_uris: value }));

const members = [
  ['a public client', { token_endpoint_auth_method: 'none' }],
  ['private_key_jwt', { token_endpoint_auth_method: 'private_key_jwt', jwks: jwksOf(keys.signer) }],
  ['private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
  ['a method that nobody knows', { token_endpoint_auth_method: 'magic' }],
  ['jwks and jwks_uri', { jwks: jwksOf(keys.signer), jwks_uri: 'https://rp.example/jwks' }],
  ['jwks that is none', { jwks: {} }],
  ['jwks with a private key', { jwks: { keys: [{ ...keys.signer.jwk, d: 'AAAA' }] } }],
  ['a grant that nobody knows', { grant_types: ['magic'] }],
  ['the password grant', { grant_types: ['password'] }],
  ['client_credentials', { grant_types: ['client_credentials'], response_types: [], redirect_uris: undefined }],
  ['refresh tokens', { grant_types: ['authorization_code', 'refresh_token'] }],
  ['response_types token', { response_types: ['token'] }],
  ['response_types code without its grant', { grant_types: ['client_credentials'] }],
  ['response_types that nobody knows', { response_types: ['magic'] }],
  ['subject_type pairwise', { subject_type: 'pairwise' }],
  ['subject_type that nobody knows', { subject_type: 'magic' }],
  ['id_token_signed_response_alg none', { id_token_signed_response_alg: 'none' }],
  ['id_token_signed_response_alg HS256', { id_token_signed_response_alg: 'HS256' }],
  ['id_token_signed_response_alg that nobody knows', { id_token_signed_response_alg: 'XS1' }],
  ['encryption without a key', { id_token_encrypted_response_alg: 'ECDH-ES' }],
  ['encryption by RSA1_5', { id_token_encrypted_response_alg: 'RSA1_5', jwks: jwksOf(keys.signer) }],
  ['logo_uri that is no URI', { logo_uri: 'logo' }],
  ['policy_uri of javascript', { policy_uri: 'javascript:alert(1)' }],
  ['client_name that is a number', { client_name: 1 }],
  ['client_name in Vietnamese', { client_name: 'Một cửa điện tử', 'client_name#en': 'One stop' }],
  ['contacts that are a text', { contacts: 'a@b.example' }],
  ['a member that nobody knows', { made_up: 1 }],
  ['a client_id of its own', { client_id: 'df-basic' }],
  ['a client_secret of its own', { client_secret: 'x' }],
  ['default_max_age below nothing', { default_max_age: -1 }],
  ['default_max_age as a text', { default_max_age: '60' }],
  ['require_auth_time as a text', { require_auth_time: 'true' }],
  ['sector_identifier_uri with http', { sector_identifier_uri: 'http://rp.example/sector' }],
  ['application_type that nobody knows', { application_type: 'tv' }],
  ['a native client on the loopback', { application_type: 'native', redirect_uris: ['http://127.0.0.1/cb'] }],
  ['a scope that nobody knows', { scope: 'openid made_up' }],
  ['post_logout_redirect_uris with a fragment', { post_logout_redirect_uris: ['https://rp.example/out#x'] }],
  ['initiate_login_uri with http', { initiate_login_uri: 'http://rp.example/' }],
  ['a software statement that is none', { software_statement: 'x' }],
].map(([name, change]) => row(name, change));

const registered = async (side, change) => {
  const answer = await side.send({
    method: 'POST',
    path: '/register',
    body: bodyOf({ ...good, ...change }),
    headers: json(side.initialAccessToken),
  });
  if (answer.status !== 201) throw new Error(`not registered: ${answer.text}`);
  return JSON.parse(answer.text);
};

// make: given what was registered, the request's change.
const manage = (name, method, make = () => ({})) => ({
  name: `manage: ${name}`,
  async make(side) {
    const client = await registered(side);
    const { pathname } = new URL(client.registration_client_uri);
    const by = client.registration_access_token;
    return { method, path: pathname, headers: json(by), ...(await make(client, side, pathname, by)) };
  },
});
const update = (client, change) => ({
  body: bodyOf({ client_id: client.client_id, client_secret: client.client_secret, ...good, ...change }),
});
const end = (side, path, by) => side.send({ method: 'DELETE', path, headers: json(by) });
const management = [
  manage('read', 'GET'),
  manage('read without a token', 'GET', () => ({ headers: {} })),
  manage('read with a token that is none', 'GET', () => ({ headers: json('nothing') })),
  manage('read with the initial token', 'GET', (client, side) => ({ headers: json(side.initialAccessToken) })),
  manage("read with another client's token", 'GET', async (client, side) => ({
    headers: json((await registered(side)).registration_access_token),
  })),
  manage('read a client that is not there', 'GET', () => ({ path: '/register/nobody' })),
  manage('read after the end', 'GET', async (client, side, path, by) => {
    await end(side, path, by);
    return {};
  }),
  manage('change', 'PUT', (client) => update(client, { client_name: 'Khác' })),
  manage('change to a bad address', 'PUT', (client) => update(client, { redirect_uris: ['https://rp.example/#x'] })),
  manage('change of another client_id', 'PUT', (client) => update(client, { client_id: 'df-basic' })),
  manage('change without client_id', 'PUT', (client) => update(client, { client_id: undefined })),
  manage('change with another secret', 'PUT', (client) => update(client, { client_secret: 'x' })),
  manage('change with the registration token inside', 'PUT', (client) => update(client, { registration_access_token: 'x' })),
  manage('change without a token', 'PUT', (client) => ({ ...update(client), headers: json() })),
  manage('change that is no JSON', 'PUT', () => ({ body: '{' })),
  manage('end', 'DELETE'),
  manage('end without a token', 'DELETE', () => ({ headers: {} })),
  manage('end a second time', 'DELETE', async (client, side, path, by) => {
    await end(side, path, by);
    return {};
  }),
  manage('PATCH', 'PATCH', (client) => update(client)),
  ...['GET', 'PUT', 'DELETE'].map((method) => ({ name: `register: ${method}`, make: async () => ({ method, path: '/register' }) })),
];

export const rows = [shapes, uris, members, management].flat();
