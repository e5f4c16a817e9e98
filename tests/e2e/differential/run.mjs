// Sends the table to both servers and gives, for each row, what each of them answered.

import { registerClients } from './clients.mjs';
import { outcomeOf } from './outcome.mjs';
import { startPeer } from './peer.mjs';
import { Peer, Sen } from './side.mjs';
import { table } from './table.mjs';
import { closeConnections } from './wire.mjs';
import { env } from '../lib/world.mjs';

async function outcomes(side) {
  const list = [];
  for (const row of table) {
    try {
      const request = await row.make(side);
      list.push(outcomeOf(await side.follow(request, await side.send(request)), request, side.issuer));
    } catch (error) {
      throw new Error(`${side.name}, ${row.name}: ${error.message}`, { cause: error });
    }
  }
  return list;
}

// {rows: [{name, sen, peer}], faults: what oidc-provider itself reported as broken}
export async function runTable() {
  const clients = await registerClients();
  const peer = await startPeer(clients);
  try {
    const sides = [new Sen('sen', env.SEN_ISSUER, clients), new Peer('oidc-provider', peer, clients)];
    for (const side of sides) await side.start();
    const [ours, theirs] = await Promise.all(sides.map(outcomes));
    return { rows: table.map(({ name }, i) => ({ name, sen: ours[i], peer: theirs[i] })), faults: peer.faults };
  } finally {
    peer.stop();
    closeConnections();
  }
}
