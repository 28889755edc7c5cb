/** What the Temporal CLI asks to read and write encrypted payloads (`--codec-endpoint`). */
import type { PayloadCodec } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { transcode } from '../../temporal/codecEndpoint.js';
import { forbidden, invalidInput } from '../plumbing/problems.js';

const CURE = 'use a key that is not limited to some accounts';

/** `POST /codec/decode` and `/codec/encode`, for operators of all accounts: a payload does not say whose it is. */
export function codecRoutes(
  app: FastifyInstance,
  { codec }: { readonly codec: PayloadCodec | null },
): void {
  if (codec === null) return;
  for (const direction of ['decode', 'encode'] as const) {
    app.post(`/codec/${direction}`, { config: { needs: 'operate' } }, async ({ body, caller }) => {
      if (caller.accounts !== null) throw forbidden('the key may not see all accounts', CURE);
      const answer = await transcode(codec, direction, body);
      if (answer) return answer;
      throw invalidInput('payloads should be a list of {metadata, data}, in base64', 'payloads');
    });
  }
}
