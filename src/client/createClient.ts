/** Makes the client of a send pipeline, over the Temporal client of its program. */
import type { StatusWire } from '../domain/wire/responses.js';
import { TASK_QUEUE } from '../temporal/protocol.js';
import { Brake } from './brake/brake.js';
import { temporalBrake } from './brake/temporalBrake.js';
import { SafebandClient } from './client.js';
import type { ClientOptions } from './inputs.js';
import { temporalTransport } from './transport.js';

/** Creates a client that uses your Temporal client. */
export function createClient({
  client,
  taskQueue = TASK_QUEUE,
  ...options
}: ClientOptions): SafebandClient {
  const transport = temporalTransport(client, taskQueue);
  const groupOf = async (accountId: string, deadline: number): Promise<string | null> =>
    (await transport.query<StatusWire>(accountId, 'status', {}, deadline)).group;
  const brake = new Brake(temporalBrake(client, taskQueue), { groupOf });
  return new SafebandClient(transport, { ...options, brake });
}
