// Platforms of a test's own in the catalogue, beside those of the stack.

import { sql } from './world.mjs';

const NAMES = { CAN_BO: 'Cán bộ', LANH_DAO: 'Lãnh đạo' };
const folded = (name) => name.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();

// In operation, with these roles: { id, code }.  The database gives the number: what one chooses by hand is another's some day.
export async function newPlatform(code, { name = code, kind = 'provincial', managingUnit = '', roles = ['CAN_BO', 'LANH_DAO'] } = {}) {
  const [[id]] = await sql(`INSERT INTO sen.platform (code, name, name_fold, kind, state, verified, managing_unit)
    VALUES ($1, $2, $3, $4, 'operating', true, $5) RETURNING id`, code, name, folded(name), kind, managingUnit);
  for (const role of roles)
    await sql(`INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES ($1, $2, $3, 'normal', true)`, id, role, NAMES[role] ?? role);
  return { id: Number(id), code };
}
