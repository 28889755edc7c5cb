/** Describes in one sentence why Postgres was not reached: the setting, the reason, and the fix. */

export type Refusal = {
  readonly sentence: string;
  /** It may end without a change: a server that is starting, restarting or full. */
  readonly mayPass: boolean;
};

/** Codes of Node; and of Postgres: starting or stopping, too many connections, no connection. */
const AWAY = new RegExp(
  '^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|' +
    'EHOSTDOWN|57P0[123]|53300|08000|08001|08006)$',
);
const AWAY_TEXTS = [
  /timeout expired|timeout exceeded when trying|connection timeout|Connection terminated/i,
  // Texts of PgBouncer, while the server behind it does not answer.
  /cannot connect to server|server_login_retry|server login has been|connect failed|query_wait/i,
];
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_|CERT_|certificate|DEPTH_ZERO|does not support SSL/i;
const ENCODED = '@ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25';

/** True if a pooler has refused the settings that our connection asks for when it begins. */
export const isPoolerRefusal = (error: unknown): boolean =>
  error instanceof Error && /startup parameter|command-line options/i.test(error.message);

/** Describes a refusal; undefined for another kind of error. The text never contains a secret. */
export function refusalOf(error: unknown, setting = 'DATABASE_URL'): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  const why = (error.message || code).split('\n')[0] ?? '';
  const never = (cure: string): Refusal => ({
    sentence: `Postgres (${setting}) cannot be used: ${why}; ${cure}`,
    mayPass: false,
  });
  if (isPoolerRefusal(error)) {
    return never(
      'it is reached through a pooler that gives each transaction another connection: set ' +
        "DATABASE_DIRECT_URL to the server's own address",
    );
  }
  if (code === '28P01') {
    return never(`correct user and password (in the address ${ENCODED}), or set PGPASSWORD`);
  }
  if (code === '28000') {
    return never(
      'correct the user in the address and its line in pg_hba.conf; some servers require sslmode',
    );
  }
  if (code === '3D000') return never('create that database, or correct the name in the address');
  if (UNTRUSTED.test(`${code} ${why}`)) {
    return never(
      "add sslmode=verify-full and sslrootcert=<file of the CA's certificate> to the address, or " +
        'set NODE_EXTRA_CA_CERTS; sslmode=disable connects without TLS',
    );
  }
  const isSocket = code === 'ENOENT' && 'syscall' in error && error.syscall === 'connect';
  if (isSocket || AWAY.test(code) || AWAY_TEXTS.some((text) => text.test(why))) {
    return {
      sentence: `Postgres (${setting}) cannot be reached: ${why}; start it, or correct the setting`,
      mayPass: true,
    };
  }
  if (code === 'ENOENT' || code === 'EACCES') {
    return never('correct the file that the address names');
  }
  return undefined;
}
