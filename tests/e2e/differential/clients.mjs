// The clients of the differential test: one table of metadata, registered with sen and given to oidc-provider.

import { exportJWK, generateKeyPair } from 'jose';

import { jwksOf, register, signingKey } from '../lib/clients.mjs';

export const resource = 'https://api.example/';
export const otherResource = 'https://files.example/';

export const keys = {
  signer: await signingKey('ES256'),
  stranger: await signingKey('ES256'),
  dpop: await signingKey('ES256'),
  dpopOther: await signingKey('ES256'),
  rsa: await signingKey('RS256'),
};

async function encryptionKey() {
  const { publicKey } = await generateKeyPair('ECDH-ES', { extractable: true, crv: 'P-256' });
  return { ...(await exportJWK(publicKey)), use: 'enc', alg: 'ECDH-ES', kid: 'enc' };
}

const own = (id) => ({ redirect_uris: [`https://${id}.example/cb`], post_logout_redirect_uris: [`https://${id}.example/out`] });
const signed = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: jwksOf(keys.signer) };

const table = {
  basic: { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] },
  post: { token_endpoint_auth_method: 'client_secret_post', grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] },
  secretjwt: {
    token_endpoint_auth_method: 'client_secret_jwt',
    token_endpoint_auth_signing_alg: 'HS256',
    grant_types: ['client_credentials', 'authorization_code'],
  },
  keyjwt: { ...signed, grant_types: ['authorization_code', 'client_credentials'] },
  public: { token_endpoint_auth_method: 'none' },
  dpop: { dpop_bound_access_tokens: true },
  dpoppublic: { token_endpoint_auth_method: 'none' },
  pushed: { require_pushed_authorization_requests: true },
  object: { request_object_signing_alg: 'ES256', jwks: jwksOf(keys.signer), sen_pkce: 'optional' },
  signedonly: { ...signed, request_object_signing_alg: 'ES256', require_signed_request_object: true },
  hybrid: { response_types: ['code', 'id_token', 'code id_token'], sen_pkce: 'optional' },
  lax: { sen_pkce: 'optional' },
  aged: { default_max_age: 86400 },
  pairwise: { subject_type: 'pairwise' },
  sealed: {
    id_token_encrypted_response_alg: 'ECDH-ES',
    id_token_encrypted_response_enc: 'A256GCM',
    jwks: { keys: [await encryptionKey()] },
  },
  signing: {
    userinfo_signed_response_alg: 'ES256',
    introspection_signed_response_alg: 'ES256',
    authorization_signed_response_alg: 'ES256',
  },
  consent: { sen_consent: true },
  resource: { sen_resources: [resource, otherResource], authorization_details_types: ['payment'] },
  two: { redirect_uris: ['https://df-two.example/cb', 'https://df-two.example/cb2?tenant=7'] },
  native: {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]:4711/cb'],
  },
  other: {},
  short: { sen_access_token_s: 10, grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] },
  machine: { grant_types: ['client_credentials'], response_types: [], redirect_uris: undefined, post_logout_redirect_uris: undefined },
  codeonly: { grant_types: ['authorization_code'] },
  auditor: {
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: undefined,
    post_logout_redirect_uris: undefined,
    sen_may_introspect: true,
  },
};

const scope = 'openid profile email unit roles offline_access';

// Registers all with sen; returns what oidc-provider is to be told, and for both: id, secret, redirect address, key.
export async function registerClients() {
  const rows = await Promise.all(
    Object.entries(table).map(async ([name, change]) => {
      const id = `df-${name}`;
      const metadata = { ...own(id), scope, grant_types: ['authorization_code', 'refresh_token'], ...change };
      const { response_types: types, ...rest } = metadata;
      const { redirect, method, secret } = await register(id, types?.length === 0 ? rest : metadata);
      const client = {
        id,
        redirect,
        method,
        jwt: metadata.jwks ? keys.signer : undefined,
        metadata,
        secret: method.startsWith('client_secret') ? secret() : undefined,
      };
      return [name, client];
    }),
  );
  return Object.fromEntries(rows);
}

// The same as oidc-provider's metadata: without our extensions.
export const peerMetadata = ({ id, secret, metadata }) => ({
  client_id: id,
  ...(secret ? { client_secret: secret } : {}),
  ...Object.fromEntries(Object.entries(metadata).filter(([name]) => !name.startsWith('sen_'))),
  ...(metadata.redirect_uris ? {} : { redirect_uris: [] }),
  ...(metadata.post_logout_redirect_uris ? {} : { post_logout_redirect_uris: [] }),
});
