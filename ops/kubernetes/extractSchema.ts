/**
 * Writes `schema.json` again, from `api/openapi-spec/swagger.json` of a release of Kubernetes:
 * `node --import tsx ops/kubernetes/extractSchema.ts swagger.json v1.34.2`. It keeps what the
 * manifests need, without descriptions, and allows no field that the API does not know.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { KINDS } from './kinds.js';

const KEPT = ['type', 'format', 'items', 'properties', 'required', 'additionalProperties', '$ref'];
const REF = '#/definitions/';

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a schema without descriptions, in which each object has a closed list of fields. */
export function closed(schema: Node): Node {
  if (schema['format'] === 'int-or-string') return { type: ['string', 'integer'] };
  const found = Object.entries(schema)
    .filter(([name]) => KEPT.includes(name))
    .map(([name, value]): [string, unknown] => {
      if (!isNode(value)) return [name, value];
      if (name !== 'properties') return [name, closed(value)];
      const fields = Object.entries(value).map(([field, one]) => [
        field,
        isNode(one) ? closed(one) : one,
      ]);
      return [name, Object.fromEntries(fields)];
    });
  const isOpen = !('properties' in schema) || 'additionalProperties' in schema;
  return Object.fromEntries(isOpen ? found : [...found, ['additionalProperties', false]]);
}

/** Returns the named definitions with all those that they refer to. */
export function extracted(definitions: Node, names: readonly string[]): Node {
  const found = new Map<string, Node>();
  const add = (name: string): void => {
    const definition = definitions[name];
    if (found.has(name)) return;
    if (!isNode(definition)) throw new Error(`the API has no ${name}`);
    const schema = closed(definition);
    found.set(name, schema);
    for (const [, other = ''] of JSON.stringify(schema).matchAll(
      /"\$ref":"#\/definitions\/([^"]+)"/g,
    )) {
      add(other);
    }
  };
  for (const name of names) add(name);
  return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const [file, version] = process.argv.slice(2);
if (file !== undefined && version !== undefined) {
  const { definitions }: { readonly definitions: Node } = JSON.parse(await readFile(file, 'utf8'));
  const lines = Object.entries(extracted(definitions, Object.values(KINDS))).map(
    ([name, schema]) => `    ${JSON.stringify(name)}: ${JSON.stringify(schema)}`,
  );
  const comment = `extracted from Kubernetes ${version} (Apache License 2.0) by extractSchema.ts, which refers to it with ${REF}`;
  const text = `{\n  "$comment": ${JSON.stringify(comment)},\n  "definitions": {\n${lines.join(',\n')}\n  }\n}\n`;
  await writeFile(new URL('schema.json', import.meta.url), text);
}
