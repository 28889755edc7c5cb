/** The absolute address of the runbook, for links in other programs: alerts, chats, Prometheus. */
import type { FastifyInstance } from 'fastify';

/** Where the server itself serves the runbook. */
export const RUNBOOK_PATH = '/runbook';
const ANY_ADDRESS = ['0.0.0.0', '::'];

/** Returns the setting; without it, the server's own runbook at the address where it listens. */
export function runbookUrlOf(
  app: Pick<FastifyInstance, 'addresses'>,
  setting: string | null | undefined,
): string {
  if (setting) return setting;
  const [listening] = app.addresses();
  if (listening === undefined || typeof listening === 'string') {
    return `http://127.0.0.1${RUNBOOK_PATH}`;
  }
  const { address, family, port } = listening;
  const host = ANY_ADDRESS.includes(address) ? '127.0.0.1' : address;
  const isV6 = family.endsWith('6') && host === address;
  return `http://${isV6 ? `[${host}]` : host}:${port}${RUNBOOK_PATH}`;
}
