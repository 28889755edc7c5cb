/** Names the schemas of the OpenAPI document, so that readers and generators can refer to them. */
type Node = { [name: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const nodeIn = (node: Node, name: string): Node => {
  const value = node[name];
  return isNode(value) ? value : {};
};
const upper = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Moves each schema of a body or an answer to `components.schemas`, under the operation's name. */
export function withNamedSchemas(document: Node): Node {
  const schemas: Node = { ...nodeIn(nodeIn(document, 'components'), 'schemas') };
  const nameIn = (holder: Node, name: string): void => {
    for (const [type, media] of Object.entries(nodeIn(holder, 'content'))) {
      if (!isNode(media) || !isNode(media['schema']) || '$ref' in media['schema']) continue;
      const known = type === 'application/problem+json' ? 'Problem' : name;
      schemas[known] = media['schema'];
      media['schema'] = { $ref: `#/components/schemas/${known}` };
    }
  };
  // As JSON, which is how it is sent: the schemas of the routes have functions, too.
  const copy: Node = JSON.parse(JSON.stringify(document));
  for (const path of Object.values(nodeIn(copy, 'paths'))) {
    for (const operation of isNode(path) ? Object.values(path) : []) {
      if (!isNode(operation) || typeof operation['operationId'] !== 'string') continue;
      const name = upper(operation['operationId']);
      nameIn(nodeIn(operation, 'requestBody'), `${name}Request`);
      for (const [status, answer] of Object.entries(nodeIn(operation, 'responses'))) {
        const ending = status === '200' ? 'Answer' : `Answer${status}`;
        if (isNode(answer)) nameIn(answer, `${name}${ending}`);
      }
    }
  }
  return { ...copy, components: { ...nodeIn(copy, 'components'), schemas } };
}
