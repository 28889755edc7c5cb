/** What the Temporal CLI asks to read and write encrypted payloads (`--codec-endpoint`). */
import type { PayloadCodec } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { transcode } from '../../codecJson.js';
import { invalidInput } from '../problems.js';

/** `POST /codec/decode` and `/codec/encode`, for operators: whoever may decrypt sees everything. */
export function codecRoutes(
  app: FastifyInstance,
  { codec }: { readonly codec: PayloadCodec | null },
): void {
  if (codec === null) return;
  for (const direction of ['decode', 'encode'] as const) {
    app.post(`/codec/${direction}`, { config: { needs: 'operate' } }, async ({ body }) => {
      const answer = await transcode(codec, direction, body);
      if (answer) return answer;
      throw invalidInput('payloads should be a list of {metadata, data}, in base64', 'payloads');
    });
  }
}
