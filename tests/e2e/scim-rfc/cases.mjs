// All cases.  needs: what a server has to claim; only: of whom it is asked.
import dialects from './dialects.mjs';
import discovery from './discovery.mjs';
import filters from './filters.mjs';
import groups from './groups.mjs';
import limits from './limits.mjs';
import lists from './lists.mjs';
import patches from './patches.mjs';
import resources from './resources.mjs';

const all = [...discovery, ...resources, ...filters, ...lists, ...patches, ...groups, ...dialects, ...limits];
const ids = new Set(all.map((one) => one.id));
if (ids.size !== all.length) throw new Error(`an id stands twice: ${all.map((one) => one.id).filter((id, i, list) => list.indexOf(id) !== i)}`);

export const casesFor = (server) => all.filter((one) => (!one.only || one.only === server.name) && (!one.needs || server.has.includes(one.needs)));
