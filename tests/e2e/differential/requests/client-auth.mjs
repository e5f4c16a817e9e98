// Who the client is: every method, right, wrong, mixed, at /token.

import { randomUUID } from 'node:crypto';

import { basic } from '../side.mjs';
import { raw } from '../wire.mjs';
import { forge, unsigned } from '../forge.mjs';
import { keys, long, now, post } from './build.mjs';

const row = post('client', '/token', () => ({ grant_type: 'client_credentials' }));
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const header = (value) => ({ auth: () => ({ headers: { authorization: value } }) });
const base64 = (text) => Buffer.from(text).toString('base64');
const withSecret = (make) => ({ auth: (side, client) => ({ headers: { authorization: make(client) } }) });
const form = (make, client) => ({ client, auth: async (side, one) => ({ form: await make(one, side) }) });

const basics = [
  row('none at all', {}, { auth: () => ({}) }),
  row(
    'basic, wrong secret',
    {},
    withSecret(({ id }) => basic(id, 'wrong')),
  ),
  row(
    'basic, empty secret',
    {},
    withSecret(({ id }) => basic(id, '')),
  ),
  row(
    'basic, empty id',
    {},
    withSecret(({ secret }) => basic('', secret)),
  ),
  row(
    'basic, unknown client',
    {},
    withSecret(({ secret }) => basic('nobody', secret)),
  ),
  row(
    "basic, another client's secret",
    {},
    { auth: (side, { id }) => ({ headers: { authorization: basic(id, side.clients.other.secret) } }) },
  ),
  row(
    'basic, in lower case',
    {},
    withSecret(({ id, secret }) => basic(id, secret).replace('Basic', 'basic')),
  ),
  row(
    'basic, two spaces',
    {},
    withSecret(({ id, secret }) => basic(id, secret).replace(' ', '  ')),
  ),
  row('basic, without credentials', {}, header('Basic')),
  row('basic, no base64', {}, header('Basic ***')),
  row('basic, without a colon', {}, header(`Basic ${base64('df-basic')}`)),
  row('basic, not UTF-8', {}, header(`Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString('base64')}`)),
  row('basic, with NUL', {}, header(`Basic ${base64('df-basic\0:x')}`)),
  row('basic, with a broken escape', {}, header(`Basic ${base64('df-basic:%zz')}`)),
  row('basic, very long', {}, header(`Basic ${base64(`df-basic:${long(6000)}`)}`)),
  row(
    'basic, secret cut by one',
    {},
    withSecret(({ id, secret }) => basic(id, secret.slice(0, -1))),
  ),
  row(
    'basic, secret with one more',
    {},
    withSecret(({ id, secret }) => basic(id, `${secret}x`)),
  ),
  row('bearer instead of basic', {}, header('Bearer abc')),
  row('digest instead of basic', {}, header('Digest username="x"')),
  row('an empty Authorization', {}, header('')),
  row('basic, of a client registered for post', {}, { client: 'post', ...withSecret(({ id, secret }) => basic(id, secret)) }),
  row(
    'post, of a client registered for basic',
    {},
    form(({ id, secret }) => ({ client_id: id, client_secret: secret }), 'basic'),
  ),
  row('basic, with the same client_id in the form', { client_id: 'df-basic' }),
  row('basic, with another client_id in the form', { client_id: 'df-other' }),
  row('basic, with client_id in the form twice', { client_id: ['df-basic', 'df-basic'] }),
];

const posts = [
  row(
    'post, wrong secret',
    {},
    form(({ id }) => ({ client_id: id, client_secret: 'wrong' }), 'post'),
  ),
  row(
    'post, no secret',
    {},
    form(({ id }) => ({ client_id: id }), 'post'),
  ),
  row(
    'post, empty secret',
    {},
    form(({ id }) => ({ client_id: id, client_secret: '' }), 'post'),
  ),
  row(
    'post, no client_id',
    {},
    form(({ secret }) => ({ client_secret: secret }), 'post'),
  ),
  row(
    'post, unknown client',
    {},
    form(({ secret }) => ({ client_id: 'nobody', client_secret: secret }), 'post'),
  ),
  row(
    'post, secret twice',
    {},
    form(({ id, secret }) => ({ client_id: id, client_secret: [secret, secret] }), 'post'),
  ),
  row(
    'post, secret not ASCII',
    {},
    form(({ id }) => ({ client_id: id, client_secret: 'bí mật' }), 'post'),
  ),
  row(
    'post, secret with NUL',
    {},
    form(({ id }) => ({ client_id: id, client_secret: raw('a%00') }), 'post'),
  ),
  row(
    'post, secret that is too long',
    {},
    form(({ id }) => ({ client_id: id, client_secret: long(5000) }), 'post'),
  ),
  row(
    'public client with a secret',
    {},
    form(({ id }) => ({ client_id: id, client_secret: 'x' }), 'public'),
  ),
  row('public client by basic', {}, { client: 'public', ...withSecret(({ id }) => basic(id, 'x')) }),
  row(
    'basic and post at once',
    {},
    { auth: (side, { id, secret }) => ({ headers: { authorization: basic(id, secret) }, form: { client_id: id, client_secret: secret } }) },
  ),
  row(
    'basic and an assertion at once',
    {},
    {
      client: 'keyjwt',
      auth: async (side, client) => ({
        headers: { authorization: basic(client.id, 'x') },
        form: { client_assertion_type: TYPE, client_assertion: await side.assertion('keyjwt') },
      }),
    },
  ),
  row(
    'post and an assertion at once',
    {},
    form(
      async ({ id }, side) => ({
        client_id: id,
        client_secret: 'x',
        client_assertion_type: TYPE,
        client_assertion: await side.assertion('keyjwt'),
      }),
      'keyjwt',
    ),
  ),
];

// By private_key_jwt, with claims and header changed.
const signed = (name, change, head, key, client = 'keyjwt') =>
  row(
    `assertion ${name}`,
    {},
    {
      client,
      auth: async (side) => ({
        form: {
          client_assertion_type: TYPE,
          client_assertion: await side.assertion(client, typeof change === 'function' ? change(side) : change, head, key),
        },
      }),
    },
  );
const as = (name, make, client = 'keyjwt') =>
  row(
    `assertion ${name}`,
    {},
    { client, auth: async (side, one) => ({ form: { client_assertion_type: TYPE, client_assertion: await make(side, one) } }) },
  );

const claims = (side, client) => ({ iss: client.id, sub: client.id, aud: side.issuer, jti: randomUUID(), iat: now(), exp: now() + 60 });
const assertions = [
  signed('good', {}),
  signed('for the token endpoint', (side) => ({ aud: `${side.issuer}/token` })),
  signed('for the issuer in an array', (side) => ({ aud: [side.issuer] })),
  signed('for the issuer and another', (side) => ({ aud: [side.issuer, 'https://x.example'] })),
  signed('for another', { aud: 'https://other.example' }),
  signed('without aud', { aud: undefined }),
  signed('for the issuer with a slash', (side) => ({ aud: `${side.issuer}/` })),
  signed('for a number', { aud: 1 }),
  signed('without iss', { iss: undefined }),
  signed('with another iss', { iss: 'df-basic' }),
  signed('without sub', { sub: undefined }),
  signed('with another sub', { sub: 'df-basic' }),
  signed('with sub of nobody', { sub: 'nobody', iss: 'nobody' }),
  signed('without exp', { exp: undefined }),
  signed('that expired a minute ago', () => ({ exp: now() - 60 })),
  signed('that expires in an hour', () => ({ exp: now() + 3600 })),
  signed('with exp as a text', { exp: `${now() + 60}` }),
  signed('with exp as a fraction', () => ({ exp: now() + 60.5 })),
  signed('with exp beyond all', { exp: 1e300 }),
  signed('without jti', { jti: undefined }),
  signed('with an empty jti', { jti: '' }),
  signed('with a jti that is too long', { jti: long(300) }),
  signed('with jti as a number', { jti: 7 }),
  signed('without iat', { iat: undefined }),
  signed('with iat an hour ahead', () => ({ iat: now() + 3600 })),
  signed('with nbf an hour ahead', () => ({ nbf: now() + 3600 })),
  signed('with nbf five seconds ahead', () => ({ nbf: now() + 5 })),
  as('a second time', async (side) => {
    const one = await side.assertion('keyjwt');
    await side.send({
      method: 'POST',
      path: '/token',
      form: { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: one },
    });
    return one;
  }),
  signed("by a stranger's key", {}, {}, keys.stranger),
  signed('by a key of another algorithm', {}, {}, keys.rsa),
  signed('with a kid that is not known', {}, { kid: 'x' }),
  signed('with typ at+jwt', {}, { typ: 'at+jwt' }),
  signed('with typ JWT', {}, { typ: 'JWT' }),
  signed('with crit', {}, { crit: ['x'], x: 1 }),
  signed('with jku', {}, { jku: 'https://evil.example/jwks' }),
  as('without signature', (side, client) => unsigned({ alg: 'none' }, claims(side, client))),
  as('with alg None', (side, client) => unsigned({ alg: 'None' }, claims(side, client), 'AAAA')),
  as('with an empty signature of ES256', (side, client) => unsigned({ alg: 'ES256' }, claims(side, client))),
  as('by HS256 with the public key', async (side, client) =>
    forge({ alg: 'HS256' }, claims(side, client), JSON.stringify(keys.signer.jwk)),
  ),
  as('that is none', () => 'x'),
  as('of two parts', () => 'a.b'),
  as('of five parts', () => 'a.b.c.d.e'),
  as('is empty', () => ''),
  as('that is too long', () => long(20000)),
  as('not ASCII', () => 'khẳng định'),
  as('whose header is no JSON', () => unsigned('{', {}, 'AAAA')),
  as('whose claims are an array', (side, client) => unsigned({ alg: 'ES256' }, [client.id], 'AAAA')),
  as('twice', async (side) => {
    const one = await side.assertion('keyjwt');
    return [one, one];
  }),
  row(
    'assertion without a type',
    {},
    form(async (one, side) => ({ client_assertion: await side.assertion('keyjwt') }), 'keyjwt'),
  ),
  row(
    'assertion of another type',
    {},
    form(
      async (one, side) => ({
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
        client_assertion: await side.assertion('keyjwt'),
      }),
      'keyjwt',
    ),
  ),
  row(
    'a type without an assertion',
    {},
    form(() => ({ client_assertion_type: TYPE }), 'keyjwt'),
  ),
  row(
    'assertion with the same client_id',
    {},
    form(
      async ({ id }, side) => ({ client_id: id, client_assertion_type: TYPE, client_assertion: await side.assertion('keyjwt') }),
      'keyjwt',
    ),
  ),
  row(
    'assertion with another client_id',
    {},
    form(
      async (one, side) => ({ client_id: 'df-basic', client_assertion_type: TYPE, client_assertion: await side.assertion('keyjwt') }),
      'keyjwt',
    ),
  ),
  row(
    'assertion, but the client has registered basic',
    {},
    form(
      async ({ id }, side) => ({ client_assertion_type: TYPE, client_assertion: await side.assertion('keyjwt', { iss: id, sub: id }) }),
      'basic',
    ),
  ),
  row(
    'private_key_jwt, but only client_id',
    {},
    form(({ id }) => ({ client_id: id }), 'keyjwt'),
  ),
];

const macs = [
  signed('of client_secret_jwt, good', {}, {}, keys.signer, 'secretjwt'),
  as(
    'of client_secret_jwt, by another secret',
    async (side, client) => forge({ alg: 'HS256' }, claims(side, client), long(64)),
    'secretjwt',
  ),
  as('of client_secret_jwt, by HS512', async (side, client) => forge({ alg: 'HS512' }, claims(side, client), client.secret), 'secretjwt'),
  signed('of client_secret_jwt, by a key', {}, {}, keys.stranger, 'secretjwt'),
  as(
    'of client_secret_jwt, a second time',
    async (side) => {
      const one = await side.assertion('secretjwt');
      await side.send({
        method: 'POST',
        path: '/token',
        form: { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: one },
      });
      return one;
    },
    'secretjwt',
  ),
  row(
    'client_secret_jwt, but the secret itself',
    {},
    form(({ id, secret }) => ({ client_id: id, client_secret: secret }), 'secretjwt'),
  ),
];

export const rows = [basics, posts, assertions, macs].flat();
