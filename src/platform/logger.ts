/**
 * Writes JSON logs to stderr, one event a line: `{level, time, event, ...}`. Logs contain no
 * payloads, so no personal data and no secrets. Of the SDK's data, only the fields listed here are
 * logged.
 */
import { shownLines } from '../domain/primitives/text.js';
import { pino, type DestinationStream, type Logger } from 'pino';

export const createLogger = (
  { logLevel }: { readonly logLevel: string },
  destination: DestinationStream = pino.destination(2),
): Logger =>
  pino(
    {
      level: logLevel,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: reasonOf, err: reasonOf },
    },
    // JSON escapes C0. C1 and direction marks control a terminal as well, so they are escaped here.
    { write: (line) => destination.write(shownLines(line)) },
  );

/** What is logged of an error: its kind, not the data that caused it. */
export type Reason = {
  readonly name: string;
  /** SQLSTATE, Node's code, or the type in the contract's list. */
  readonly code?: string;
  readonly message?: string;
  /** Where it was thrown. */
  readonly at?: string;
};

/**
 * SQLSTATE classes whose texts name only servers, roles and tables. The texts of other classes
 * (such as a value that a column refuses) quote the value.
 */
const SAFE_CLASSES = ['08', '25', '28', '3D', '40', '42', '53', '55', '57', '58'];
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Returns what is logged of an error: its text only if the text cannot quote data. */
export function reasonOf(error: unknown): Reason {
  if (!(error instanceof Error)) return { name: typeof error, message: shortened(String(error)) };
  // A failure of ours has the type that the workflow reads; its cause describes what happened.
  if (wordOf(error, 'type') !== undefined && error.cause instanceof Error)
    return reasonOf(error.cause);
  const code = wordOf(error, 'code') ?? wordOf(error, 'type');
  const at = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    ...(isSafeText(error, code) ? { message: shortened(error.message, code) } : {}),
    ...(at === undefined ? {} : { at: at.trim() }),
  };
}

/** True if the text cannot quote data. A refusal of ours quotes an id: its type is enough. */
function isSafeText(error: Error, code: string | undefined): boolean {
  if (code !== undefined && SQLSTATE.test(code)) return SAFE_CLASSES.includes(code.slice(0, 2));
  return wordOf(error, 'type') === undefined;
}

function wordOf(error: Error, field: 'code' | 'type'): string | undefined {
  const word: unknown = Reflect.get(error, field);
  if (typeof word === 'number') return String(word);
  return typeof word === 'string' ? word : undefined;
}

/** Removes quoted values: Node, V8 and gRPC quote values. Postgres quotes names of tables: kept. */
function shortened(text: string, code = ''): string {
  const [line = ''] = text.split('\n');
  const safe = SQLSTATE.test(code) ? line : line.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"');
  return safe.slice(0, 300);
}

/** Fields of the SDK that are logged with a text: its ids, ids of accounts, counts, times. */
const LOGGED_FIELDS = [
  'workflowId',
  'workflowType',
  'runId',
  'namespace',
  'taskQueue',
  'activityType',
  'attempt',
  'isLocal',
  'sdkComponent',
  'durationMs',
  'isSlow',
  'version',
  'accountId',
  'endpointId',
  'reason',
];
const EVENT = /^[a-z]+(\.[a-z_]+)+$/;

/** Logs a line of the SDK, or a line of a workflow or activity that came through the SDK. */
export function forward(
  logger: Logger,
  line: {
    readonly isError: boolean;
    readonly message: string;
    readonly meta: { readonly [name: string]: unknown };
  },
): void {
  const { message, meta } = line;
  const fields: { [name: string]: unknown } = {};
  for (const name of LOGGED_FIELDS) if (meta[name] !== undefined) fields[name] = meta[name];
  if (meta['error'] !== undefined) fields['error'] = meta['error'];
  const isOurs = EVENT.test(message);
  if (!isOurs) fields['text'] = shortened(message);
  logger[line.isError ? 'error' : 'warn'](fields, isOurs ? message : 'temporal.said');
}
