// The table: some thousand requests, good and malformed, by endpoint.

import { rows as authorize } from './requests/authorize.mjs';
import { rows as clientAuth } from './requests/client-auth.mjs';
import { rows as dpop } from './requests/dpop.mjs';
import { rows as logout } from './requests/logout.mjs';
import { rows as push } from './requests/push.mjs';
import { rows as query } from './requests/query.mjs';
import { rows as register } from './requests/register.mjs';
import { rows as token } from './requests/token.mjs';

export const table = [authorize, token, clientAuth, push, dpop, query, logout, register].flat();
