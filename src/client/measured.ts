/** A transport that measures its calls. */
import { SafebandError } from './errors.js';
import type { Transport } from './transport.js';

export type CallMeasured = {
  /** The message or query (docs/contract.md, 2). */
  readonly call: string;
  /** `ok`, or the type of the error. */
  readonly outcome: string;
  readonly seconds: number;
};

/** Measures every call of the transport; the time of a call includes its repetitions. */
export function measured(transport: Transport, report: (call: CallMeasured) => void): Transport {
  const timed = async <T>(call: string, work: Promise<T>): Promise<T> => {
    const begin = performance.now();
    const ended = (outcome: string): void =>
      report({ call, outcome, seconds: (performance.now() - begin) / 1_000 });
    try {
      const answer = await work;
      ended('ok');
      return answer;
    } catch (error) {
      ended(error instanceof SafebandError ? error.type : 'unknown');
      throw error;
    }
  };
  return {
    update: <O>(accountId: string, name: string, payload: object, deadline: number) =>
      timed(name, transport.update<O>(accountId, name, payload, deadline)),
    signal: (accountId, name, payload, deadline) =>
      timed(name, transport.signal(accountId, name, payload, deadline)),
    query: <O>(accountId: string, name: string, payload: object, deadline: number) =>
      timed(name, transport.query<O>(accountId, name, payload, deadline)),
    updateWithStart: <O>(
      start: Parameters<Transport['updateWithStart']>[0],
      name: string,
      payload: object,
      deadline: number,
    ) => timed(name, transport.updateWithStart<O>(start, name, payload, deadline)),
    signalWithStart: (start, name, payload, deadline) =>
      timed(name, transport.signalWithStart(start, name, payload, deadline)),
  };
}
