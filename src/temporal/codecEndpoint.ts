/**
 * The body that the Temporal CLI sends to a codec endpoint (`--codec-endpoint`), and the answer:
 * payloads in the JSON of protobuf, with bytes as base64.
 */
import type { Payload, PayloadCodec } from '@temporalio/common';
import { isUnreadable } from './codec.js';

export type PayloadJson = {
  readonly metadata?: { readonly [name: string]: string };
  readonly data?: string;
};
/** Protobuf's JSON leaves an empty list out. */
export type PayloadsJson = { readonly payloads?: readonly PayloadJson[] };

/**
 * Decodes or encodes the payloads; undefined if the body is no list of payloads. A payload that
 * cannot be decrypted is returned unchanged, so that the others can be read.
 */
export async function transcode(
  codec: PayloadCodec,
  direction: 'decode' | 'encode',
  body: unknown,
): Promise<PayloadsJson | undefined> {
  if (!isPayloads(body)) return undefined;
  const { payloads = [] } = body;
  const done = await codec[direction](payloads.map(payloadOf));
  return {
    payloads: payloads.map((asked, n) => {
      const payload = done[n];
      return payload && !isUnreadable(payload) ? jsonOf(payload) : asked;
    }),
  };
}

const isObject = (raw: unknown): raw is { readonly [name: string]: unknown } =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);
const isText = (raw: unknown): boolean => raw === undefined || typeof raw === 'string';
const isPayload = (raw: unknown): raw is PayloadJson =>
  isObject(raw) &&
  isText(raw['data']) &&
  (raw['metadata'] === undefined ||
    (isObject(raw['metadata']) && Object.values(raw['metadata']).every(isText)));
const isPayloads = (raw: unknown): raw is PayloadsJson =>
  isObject(raw) &&
  (raw['payloads'] === undefined ||
    (Array.isArray(raw['payloads']) && raw['payloads'].every(isPayload)));

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64');
const textOf = (bytes: Uint8Array | null | undefined): string =>
  Buffer.from(bytes ?? []).toString('base64');
const entriesOf = <I, O>(
  names: { readonly [name: string]: I } | null | undefined,
  map: (one: I) => O,
) => Object.fromEntries(Object.entries(names ?? {}).map(([name, one]) => [name, map(one)]));

const payloadOf = ({ metadata, data }: PayloadJson): Payload => ({
  metadata: entriesOf(metadata, bytesOf),
  data: bytesOf(data ?? ''),
});
const jsonOf = ({ metadata, data }: Payload): PayloadJson => ({
  metadata: entriesOf(metadata, textOf),
  data: textOf(data),
});
