/** Asks Temporal about runs that have ended, over the connection of the worker. */
import { getClient, heartbeat } from '@temporalio/activity';
import { WorkflowNotFoundError, type Payload, type PayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { unreadableIn } from '../domain/wire/objectReader.js';
import { isEncrypted } from '../temporal/codec.js';
import { workflowIdOf } from '../temporal/protocol.js';

const { HistoryEventFilterType: Filter } = proto.temporal.api.enums.v1;

type Client = ReturnType<typeof getClient>;
type Service = Client['workflowService'];
type Page = Awaited<ReturnType<Service['getWorkflowExecutionHistory']>>;
export type HistoryEvent = NonNullable<NonNullable<Page['history']>['events']>[number];

export type Described = {
  readonly runId: string;
  readonly startedAt: number;
  /** The first run of its chain. */
  readonly firstRunId: string | null;
  readonly status: string;
  /** The run that a reset of this one has made. */
  readonly resetRunId: string | null;
};

/** The calls to Temporal that reading a last run needs. */
export type History = {
  /** Describes a run; null if Temporal does not know it, or no longer. */
  readonly describe: (accountId: string, runId: string) => Promise<Described | null>;
  /** Returns the run that a run has continued as. */
  readonly next: (accountId: string, runId: string) => Promise<string | null>;
  /**
   * Lists the newest runs of an account's workflow. Temporal's index has a delay of some moments.
   */
  readonly listed: (accountId: string) => Promise<readonly string[]>;
  readonly pages: (accountId: string, runId: string) => AsyncIterable<readonly HistoryEvent[]>;
  /** Decodes payloads. In place of an unreadable payload it returns an `Unread`. */
  readonly decode: (payloads: readonly Payload[]) => Promise<readonly unknown[]>;
};

const DEADLINE_MS = 5_000;
/**
 * Events of one page, and of the next tries if a page is too large for the connection. Many proxies
 * take 4 MB, and one event may have 2 MiB.
 */
const PAGE_EVENTS = [100, 10, 1] as const;
/** Maximum runs that are searched: one unclean end is common, three in a row are rare. */
const LISTED_MAX = 50;

async function found<T>(call: (client: Client) => Promise<T>): Promise<T | null> {
  const client = getClient();
  try {
    return await client.withDeadline(Date.now() + DEADLINE_MS, () => call(client));
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
/** True for "not found", from the SDK's client or as the gRPC code of the raw service. */
const isNotFound = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError ||
  (error instanceof Error && 'code' in error && error.code === NOT_FOUND);
const NOT_FOUND = 5;

const describe: History['describe'] = (accountId, runId) =>
  found(async (client) => {
    const { status, startTime, raw } = await client.workflow
      .getHandle(workflowIdOf(accountId), runId)
      .describe();
    return {
      runId,
      startedAt: startTime.getTime(),
      firstRunId: raw.workflowExecutionInfo?.firstRunId || null,
      status: status.name,
      resetRunId: raw.workflowExtendedInfo?.resetRunId || null,
    };
  });

const next: History['next'] = async (accountId, runId) => {
  const page = await found((client) =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: workflowIdOf(accountId), runId },
      historyEventFilterType: Filter.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
    }),
  );
  const last = page?.history?.events?.at(-1);
  return last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId || null;
};

async function listed(accountId: string): Promise<readonly string[]> {
  const runIds: string[] = [];
  const query = `WorkflowId = '${workflowIdOf(accountId)}'`;
  for await (const { runId } of getClient().workflow.list({ query, pageSize: LISTED_MAX })) {
    runIds.push(runId);
    if (runIds.length >= LISTED_MAX) break;
  }
  return runIds;
}

async function* pages(accountId: string, runId: string): AsyncGenerator<readonly HistoryEvent[]> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const token = nextPageToken ? { nextPageToken } : {};
    const page: Page | null = await sized((maximumPageSize) =>
      found((client) =>
        client.workflowService.getWorkflowExecutionHistory({
          namespace: client.options.namespace,
          execution: { workflowId: workflowIdOf(accountId), runId },
          maximumPageSize,
          ...token,
        }),
      ),
    );
    yield page?.history?.events ?? [];
    heartbeat();
    nextPageToken = page?.nextPageToken ?? undefined;
  } while (nextPageToken && nextPageToken.length > 0);
}

/**
 * Reads a page, or a shorter page if it is too large. The page token fixes only where it begins.
 */
export async function sized<T>(read: (events: number) => Promise<T>): Promise<T> {
  const [first, ...shorter] = PAGE_EVENTS;
  let reading = read(first);
  for (const events of shorter) {
    const isTooLarge = await reading.then(
      () => false,
      (error: unknown) => TOO_LARGE.includes(codeOf(error)),
    );
    if (!isTooLarge) break;
    reading = read(events);
  }
  return reading;
}
/**
 * gRPC's "resource exhausted" and "out of range": clients use one or the other for a large page.
 */
const TOO_LARGE: readonly unknown[] = [8, 11];
const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

async function decode(payloads: readonly Payload[]): Promise<readonly unknown[]> {
  const { payloadCodecs, payloadConverter } = getClient().options.loadedDataConverter;
  let plain = [...payloads];
  for (const codec of payloadCodecs.toReversed()) plain = await codec.decode(plain);
  return plain.map((payload) => valueOf(payload, payloadConverter));
}

/**
 * Stands for a payload that cannot be read. A class, because no sender can write one: content that
 * only looks like it is plain JSON.
 */
export class Unread {
  /** The reason, for people; parsers refuse an object that has this field. */
  readonly undecodable: string;
  /** True if it is encrypted by a key that is missing here: it may be any message. */
  readonly lacksKey: boolean;

  constructor(undecodable: string, lacksKey: boolean) {
    this.undecodable = undecodable;
    this.lacksKey = lacksKey;
  }
}

/** Returns the value of a payload that each codec has decoded. */
export function valueOf(
  payload: Payload,
  converter: Pick<PayloadConverter, 'fromPayload'>,
): unknown {
  try {
    const value = converter.fromPayload<unknown>(payload);
    const why = isEncrypted(payload) ? (unreadableIn(value) ?? 'it is encrypted') : undefined;
    return why === undefined ? value : new Unread(why, true);
  } catch (error) {
    return new Unread(String(error), isEncrypted(payload));
  }
}

/** Returns why a payload cannot be decrypted; undefined for all others. */
export const missingKeyIn = (raw: unknown): string | undefined =>
  raw instanceof Unread && raw.lacksKey ? unreadableIn(raw) : undefined;

/** Returns why a payload of that run cannot be decrypted; null if all can be read. */
export async function unreadIn(
  { pages: pagesOf, decode: decoded }: Pick<History, 'pages' | 'decode'>,
  accountId: string,
  runId: string,
): Promise<string | null> {
  for await (const events of pagesOf(accountId, runId)) {
    for (const event of events) {
      for (const raw of await decoded(payloadsIn(event))) {
        const why = missingKeyIn(raw);
        if (why !== undefined) return why;
      }
    }
  }
  return null;
}

/** Returns all payloads of an event, at any depth. */
function payloadsIn(part: unknown): Payload[] {
  if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part)) return [];
  return isPayload(part) ? [part] : Object.values(part).flatMap(payloadsIn);
}
const isPayload = (part: object): part is Payload =>
  'metadata' in part &&
  typeof part.metadata === 'object' &&
  part.metadata !== null &&
  'encoding' in part.metadata &&
  ArrayBuffer.isView(part.metadata.encoding);

export const history: History = { describe, next, listed, pages, decode };
