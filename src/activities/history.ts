/** What is asked of Temporal about runs that have ended, over the connection of the worker. */
import { getClient, heartbeat } from '@temporalio/activity';
import { WorkflowNotFoundError, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
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

/** What the reading of a last run asks of Temporal. */
export type History = {
  /** Null: Temporal does not know the run, or no longer. */
  readonly describe: (accountId: string, runId: string) => Promise<Described | null>;
  /** The run that a run has continued as. */
  readonly next: (accountId: string, runId: string) => Promise<string | null>;
  /** The newest runs of an account's workflow, as the index has them: some moments late. */
  readonly listed: (accountId: string) => Promise<readonly string[]>;
  readonly pages: (accountId: string, runId: string) => AsyncIterable<readonly HistoryEvent[]>;
  /** Each payload as its sender wrote it, or why it cannot be read. */
  readonly decode: (payloads: readonly Payload[]) => Promise<readonly unknown[]>;
};

const DEADLINE_MS = 5_000;
/**
 * Events of one page: fewer where these are more than the connection takes, which is 4 MB behind
 * many a proxy, while one event may have 2 MiB.
 */
const PAGE_EVENTS = [100, 10, 1] as const;
/** Accidents in a row that are looked through: one is common, three are a bad day. */
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
/** The raw service answers with gRPC's code; an id that no run has is "invalid" to some servers. */
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

/** Reads a page, and a shorter one where it is too large: the token says only where it begins. */
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
/** gRPC's "resource exhausted" and "out of range": each client has its own word for it. */
const TOO_LARGE: readonly unknown[] = [8, 11];
const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

async function decode(payloads: readonly Payload[]): Promise<readonly unknown[]> {
  const { payloadCodecs, payloadConverter } = getClient().options.loadedDataConverter;
  let plain = [...payloads];
  for (const codec of payloadCodecs.toReversed()) plain = await codec.decode(plain);
  return plain.map((payload) => {
    try {
      return payloadConverter.fromPayload<unknown>(payload);
    } catch (error) {
      return { undecodable: String(error) };
    }
  });
}

export const history: History = { describe, next, listed, pages, decode };
