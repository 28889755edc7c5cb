/** Warns at start of connections that others on the network could read. */
import type { Environment } from './environment.js';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\]|0:0:0:0:0:0:0:1|)$/i;
const isHere = (host: string): boolean => LOOPBACK.test(host) || host.startsWith('/');

/** Returns a warning if the connection to a database is not encrypted and leaves this machine. */
export function plaintextDatabase(
  setting: string,
  address: string,
  environment: Environment,
): string | undefined {
  const { hostname, searchParams } = new URL(address);
  const host = decodeURIComponent(
    searchParams.get('host') || hostname || environment['PGHOST'] || '',
  );
  const mode = searchParams.get('sslmode') ?? environment['PGSSLMODE'] ?? '';
  const isEncrypted =
    /^(prefer|require|verify-ca|verify-full|no-verify)$/.test(mode) ||
    /^(true|1)$/.test(searchParams.get('ssl') ?? '') ||
    searchParams.has('sslrootcert') ||
    searchParams.get('sslnegotiation') === 'direct';
  if (isHere(host) || isEncrypted) return undefined;
  return (
    `${setting}: the connection to ${host} is not encrypted, so others on the network can read ` +
    'passwords and ids: add sslmode=verify-full (and sslrootcert=<file> for a CA of your own)'
  );
}

/** Returns a warning if the connection to Temporal is not encrypted and leaves this machine. */
export function plaintextTemporal(address: string, isEncrypted: boolean): string | undefined {
  const host = address.replace(/:\d+$/, '');
  if (isHere(host) || isEncrypted) return undefined;
  return (
    `TEMPORAL_ADDRESS: the connection to ${host} is not encrypted: set TEMPORAL_TLS=true, and ` +
    'TEMPORAL_TLS_SERVER_CA_CERT_PATH for a CA of your own'
  );
}
