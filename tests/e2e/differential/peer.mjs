// npm oidc-provider on a loopback port of this process, configured to be as like sen as it can be: the same
// paths, clients, scopes, algorithms and lifetimes; its sign-in and consent pages answered here.

import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';

import { exportJWK, generateKeyPair } from 'jose';
import Provider, { errors, interactionPolicy } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

import { otherResource, peerMetadata, resource } from './clients.mjs';

const SIGNING = ['ES256', 'PS256', 'EdDSA', 'RS256'];
export const initialAccessToken = randomBytes(16).toString('hex');
const SCOPE = 'openid profile email unit roles offline_access';
const CLAIMS = {
  openid: ['sub'],
  profile: ['name', 'family_name', 'middle_name', 'given_name', 'preferred_username'],
  email: ['email', 'email_verified'],
  unit: ['unit_code', 'unit_name'],
  roles: ['roles'],
};

const signingKeys = () =>
  Promise.all(
    SIGNING.map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, kid: alg, use: 'sig' };
    }),
  );

// select_account is a page to show here, as it is at sen; a native client gets no page of its own.
function interactions() {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 1);
  policy.get('consent').checks.remove('native_client_prompt');
  return policy;
}

const consented = async (ctx, clients) => {
  const { client, session, provider, result } = ctx.oidc;
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  if (known) return provider.Grant.find(known);
  if (clients.find(({ id }) => id === client.clientId).metadata.sen_consent) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(SCOPE);
  grant.addOIDCClaims(Object.values(CLAIMS).flat());
  for (const one of [resource, otherResource]) grant.addResourceScope(one, SCOPE);
  await grant.save();
  return grant;
};

const resourceServer = (ctx, indicator, client, clients) => {
  const { metadata } = clients.find(({ id }) => id === client.clientId);
  if (!metadata.sen_resources?.includes(indicator)) throw new errors.InvalidTarget();
  return { scope: SCOPE, accessTokenFormat: 'opaque' };
};

const payment = {
  enabled: true,
  types: { payment: { validate() {} } },
  authorizationDetailsForGrantSource: (ctx) => JSON.parse(ctx.oidc.params.authorization_details),
  authorizationDetailsForAccessToken: (ctx, token, source) =>
    ctx.oidc.params.authorization_details ? JSON.parse(ctx.oidc.params.authorization_details) : source?.rar,
  authorizationDetailsForIntrospection: (ctx, token) => token.rar,
};

const configuration = async (clients, storage) => {
  const metadataOf = (client) => clients.find(({ id }) => id === client.clientId).metadata;
  const life = (seconds) => (ctx, token, client) => metadataOf(client).sen_access_token_s ?? seconds;
  return {
    adapter: (model) => new MemoryAdapter(model, storage),
    jwks: { keys: await signingKeys() },
    clients: clients.map(peerMetadata),
    clientDefaults: {
      id_token_signed_response_alg: 'ES256',
      authorization_signed_response_alg: 'ES256',
      introspection_signed_response_alg: 'ES256',
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'],
    routes: {
      authorization: '/authorize',
      token: '/token',
      userinfo: '/userinfo',
      jwks: '/jwks',
      introspection: '/introspect',
      revocation: '/revoke',
      end_session: '/logout',
      pushed_authorization_request: '/par',
      registration: '/register',
    },
    scopes: SCOPE.split(' '),
    claims: CLAIMS,
    acrValues: ['LoA1'],
    responseTypes: ['code', 'id_token', 'code id_token'],
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (ctx, account, client) => createHash('sha256').update(`${account} ${client.sectorIdentifier}`).digest('hex'),
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: 'Nguyễn Văn An', email: 'an@nghean.example', email_verified: true, unit_code: 'U01', roles: [] }),
    }),
    cookies: { keys: [randomBytes(16).toString('hex')], long: { httpOnly: true, sameSite: 'none' } },
    interactions: { policy: interactions(), url: (ctx, { uid, prompt }) => `/interaction/${uid}/${prompt.name}` },
    loadExistingGrant: (ctx) => consented(ctx, clients),
    pkce: { required: (ctx, client) => metadataOf(client).sen_pkce !== 'optional' },
    issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: (ctx, source) => !source.scopes.has('offline_access'),
    rotateRefreshToken: true,
    allowOmittingSingleRegisteredRedirectUri: false,
    enableHttpPostMethods: true,
    clientBasedCORS: () => true,
    clockTolerance: 10,
    enabledJWA: {
      clientAuthSigningAlgValues: [...SIGNING, 'HS256'],
      idTokenSigningAlgValues: SIGNING,
      requestObjectSigningAlgValues: SIGNING,
      userinfoSigningAlgValues: SIGNING,
      introspectionSigningAlgValues: SIGNING,
      authorizationSigningAlgValues: SIGNING,
      idTokenEncryptionAlgValues: ['RSA-OAEP-256', 'ECDH-ES'],
      idTokenEncryptionEncValues: ['A256GCM', 'A128GCM'],
      dPoPSigningAlgValues: ['ES256', 'PS256', 'EdDSA'],
    },
    ttl: {
      AccessToken: life(300),
      ClientCredentials: life(300),
      AuthorizationCode: 60,
      IdToken: 300,
      RefreshToken: 86400,
      Session: 43200,
      Grant: 86400,
      Interaction: 600,
    },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      encryption: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (ctx, client, token) => client.clientId === token.clientId || metadataOf(client).sen_may_introspect === true,
      },
      jwtIntrospection: { enabled: true },
      jwtResponseModes: { enabled: true },
      jwtUserinfo: { enabled: true },
      requestObjects: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, indicator, client) => resourceServer(ctx, indicator, client, clients),
      },
      richAuthorizationRequests: payment,
      registration: { enabled: true, initialAccessToken },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
    },
  };
};

// What the embedder of the library brings: a page for each prompt, and what its forms do.
function interactionHandler(provider) {
  const page = { login: 'login', select_account: 'login', consent: 'consent' };
  return async (request, response) => {
    const [, , , name] = request.url.split('/');
    if (request.method === 'GET')
      return response.setHeader('content-type', 'text/html').end(`<form id="${page[name]}" method="post"></form>`);
    const { session, params } = await provider.interactionDetails(request, response);
    if (name !== 'consent')
      return provider.interactionFinished(
        request,
        response,
        { [name]: { accountId: request.headers['x-account'] ?? session?.accountId, acr: 'LoA1' } },
        { mergeWithLastSubmission: true },
      );
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(SCOPE);
    for (const one of [resource, otherResource]) grant.addResourceScope(one, SCOPE);
    if (params.authorization_details) for (const detail of JSON.parse(params.authorization_details)) grant.addRar(detail);
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
  };
}

export async function startPeer(clients) {
  let handle;
  const server = http.createServer((request, response) => handle(request, response));
  await new Promise((resolve, reject) => {
    server.on('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const storage = new Map(); // its own forgets all but the newest 1000 entries
  const provider = new Provider(issuer, await configuration(Object.values(clients), storage));
  const faults = [];
  provider.on('server_error', (ctx, error) => faults.push(`${ctx.method} ${ctx.path}: ${error.stack}`));
  const callback = provider.callback();
  const interaction = interactionHandler(provider);
  handle = (request, response) => {
    if (!request.url.startsWith('/interaction/')) return callback(request, response);
    return interaction(request, response).catch((error) => {
      faults.push(error.stack);
      response.writeHead(500).end();
    });
  };
  return {
    issuer,
    storage,
    faults,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
