// scimmy.mjs PORT: npm scimmy with accounts in a Map, without anything beside it: as fast as it can be.
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

const users = new Map(), names = new Set();
let last = 0;

SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser), {
  ingress: (resource, data) => {
    if (!resource.id && names.has(data.userName)) throw new SCIMMY.Types.Error(409, 'uniqueness', 'userName');
    names.add(data.userName);
    const id = resource.id ?? String(last += 1);
    users.set(id, { ...data, id });
    return users.get(id);
  },
  egress: (resource) => (resource.id ? users.get(resource.id) : [...users.values()]),
  degress: (resource) => users.delete(resource.id),
});
const app = express();
app.use('/scim/v2', new SCIMMYRouters({ type: 'bearer', handler: () => 'bench' }));
app.listen(Number(process.argv[2]), '127.0.0.1');
