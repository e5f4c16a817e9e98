// Clients of the grants that begin without a browser of their own.

import { basic, post } from '../../../deploy/driver/world.mjs';
import { register } from './clients.mjs';
import { env } from './world.mjs';

// client.post(path, form): as the client, authenticated in its way.
export async function grantClient(id, metadata, platform) {
  const client = await register(id, { redirect_uris: undefined, response_types: [], scope: 'openid profile unit roles',
    ...(platform ? { platform } : {}), ...metadata });
  const isPublic = client.method === 'none';
  return {
    ...client,
    post: (path, form, headers = {}) => post(`${env.SEN_ISSUER}${path}`, isPublic ? { client_id: id, ...form } : form,
      { ...(isPublic ? {} : basic(id, client.secret())), ...headers }),
  };
}
