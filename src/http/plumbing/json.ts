/** Bodies: UTF-8 JSON, not too deep, and as it was sent: nothing is turned into another type. */
import type { FastifyInstance } from 'fastify';
import { invalidInput } from './problems.js';

/** Takes JSON, and an absent body as `{}`: a field that is missing is then named. */
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

/** One JSON value. Throws `InvalidInput`. */
export function parseJson(body: Uint8Array, depthMax: number): unknown {
  if (body.length === 0) return {};
  const text = decode(body);
  if (depthOf(text) > depthMax) throw invalidInput(`the body is nested deeper than ${depthMax}`);
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

/** How deep lists and objects stand in each other; what is in strings does not count. */
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
