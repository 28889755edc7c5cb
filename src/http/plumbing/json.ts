/** Reads bodies: UTF-8 JSON of limited depth, without any conversion of types. */
import type { FastifyInstance } from 'fastify';
import { invalidInput } from './problems.js';

/** Accepts JSON. An absent body is `{}`, so that the error names the missing field. */
export function addJson(app: FastifyInstance, depthMax: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer): Promise<unknown> => parseJson(body, depthMax),
  );
  app.addHook('preValidation', async (request) => {
    if (request.method === 'POST' && request.body === undefined) request.body = {};
  });
}

/** Reads one JSON value. Throws `InvalidInput`. */
export function parseJson(body: Uint8Array, depthMax: number): unknown {
  if (body.length === 0) return {};
  const text = decode(body);
  if (depthOf(text) > depthMax)
    throw invalidInput(`the body has more than ${depthMax} levels of nesting`);
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/"[\s\S]*"/, 'the text') : '';
    throw invalidInput(`the body is not JSON: ${why}`);
  }
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw invalidInput('the body is not UTF-8');
  }
}

/** Returns how deep lists and objects are nested; brackets in strings do not count. */
function depthOf(text: string): number {
  let [depth, deepest, isText] = [0, 0, false];
  for (let i = 0; i < text.length; i += 1) {
    const unit = text[i];
    if (isText && unit === '\\') i += 1;
    else if (unit === '"') isText = !isText;
    else if (isText) continue;
    else if (unit === '{' || unit === '[') deepest = Math.max(deepest, (depth += 1));
    else if (unit === '}' || unit === ']') depth -= 1;
  }
  return deepest;
}
