/** The endpoint of the Temporal CLI to read and write encrypted payloads (`--codec-endpoint`). */
import type { PayloadCodec } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { transcode } from '../../temporal/codecEndpoint.js';
import { checkAllAccounts } from '../access/caller.js';
import { invalidInput } from '../plumbing/problems.js';

/**
 * `POST /codec/decode` and `/codec/encode`; for all accounts, because a payload names no account.
 */
export function codecRoutes(
  app: FastifyInstance,
  { codec }: { readonly codec: PayloadCodec | null },
): void {
  if (codec === null) return;
  for (const direction of ['decode', 'encode'] as const) {
    app.post(`/codec/${direction}`, { config: { needs: 'operate' } }, async ({ body, caller }) => {
      checkAllAccounts(caller);
      const answer = await transcode(codec, direction, body);
      if (answer) return answer;
      throw invalidInput('payloads should be a list of {metadata, data}, in base64', 'payloads');
    });
  }
}
