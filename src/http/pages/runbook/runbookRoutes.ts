/** The runbook of this version. It has no secrets, so a link in a message needs no log-in. */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { RUNBOOK_PATH } from '../../runbookUrl.js';
import type { PageParts } from '../context.js';
import { frameOf, sendPage } from '../ui/send.js';
import { RunbookPage } from './runbookPage.js';

const RUNBOOK = new URL('../../../../docs/runbook.md', import.meta.url);

export function addRunbook(app: FastifyInstance, { assets, now }: PageParts): void {
  let reading: Promise<string> | undefined;
  app.get(RUNBOOK_PATH, { config: { needs: 'public' } }, async (request, reply) => {
    reading ??= readFile(RUNBOOK, 'utf8');
    const text = await reading;
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, RunbookPage({ frame, text }));
  });
}
