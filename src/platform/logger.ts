/**
 * JSON logs on stderr, one event a line: `{level, time, event, ...}`. No payloads, so no personal
 * data and no secret: of what others hand over, only what is listed here is told.
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
    // JSON escapes C0; C1 and marks of direction steer a terminal as well.
    { write: (line) => destination.write(shownLines(line)) },
  );

/** What is told of an error: what it is, not what it was about. */
export type Reason = {
  readonly name: string;
  /** SQLSTATE, Node's word, or the type of the contract's list. */
  readonly code?: string;
  readonly message?: string;
  /** Where it was thrown. */
  readonly at?: string;
};

/**
 * SQLSTATE classes whose texts name servers, roles and tables. The texts of the others (what a
 * column would not take) quote the value.
 */
const TELLING_CLASSES = ['08', '25', '28', '3D', '40', '42', '53', '55', '57', '58'];
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** What is told of an error: a text only where it cannot quote what people sent. */
export function reasonOf(error: unknown): Reason {
  if (!(error instanceof Error)) return { name: typeof error, message: shortened(String(error)) };
  // A failure of ours says what it means for the workflow; its cause says what happened.
  if (wordOf(error, 'type') !== undefined && error.cause instanceof Error)
    return reasonOf(error.cause);
  const code = wordOf(error, 'code') ?? wordOf(error, 'type');
  const at = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    ...(isTelling(error, code) ? { message: shortened(error.message, code) } : {}),
    ...(at === undefined ? {} : { at: at.trim() }),
  };
}

/** A refusal of ours names the id that it refuses; its type says enough. */
function isTelling(error: Error, code: string | undefined): boolean {
  if (code !== undefined && SQLSTATE.test(code)) return TELLING_CLASSES.includes(code.slice(0, 2));
  return wordOf(error, 'type') === undefined;
}

function wordOf(error: Error, field: 'code' | 'type'): string | undefined {
  const word: unknown = Reflect.get(error, field);
  if (typeof word === 'number') return String(word);
  return typeof word === 'string' ? word : undefined;
}

/** Values stand in quotes in the texts of Node, V8 and gRPC; in Postgres's, names of tables do. */
function shortened(text: string, code = ''): string {
  const [line = ''] = text.split('\n');
  const told = SQLSTATE.test(code) ? line : line.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"');
  return told.slice(0, 300);
}

/** What the SDK may tell beside a text: ids of its own and of accounts, counts, times. */
const TOLD = [
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

/** Passes on a line of the SDK, or of a workflow or activity of ours through it. */
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
  for (const name of TOLD) if (meta[name] !== undefined) fields[name] = meta[name];
  if (meta['error'] !== undefined) fields['error'] = meta['error'];
  const isOurs = EVENT.test(message);
  if (!isOurs) fields['text'] = shortened(message);
  logger[line.isError ? 'error' : 'warn'](fields, isOurs ? message : 'temporal.said');
}
