/** Checks and registers the search attributes that accounts write. */
import type { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from './protocol.js';
import { grpcCodeOf, type Reached } from './connect.js';

/** Temporal's number of the type Keyword. */
const KEYWORD = 2;
const TYPES = [
  'Unspecified',
  'Text',
  'Keyword',
  'Int',
  'Double',
  'Bool',
  'Datetime',
  'KeywordList',
];
const DENIED = [7, 12, 16];

/** Any connection: a worker's or a client's. */
type Asked = {
  readonly operatorService: Pick<
    Connection['operatorService'],
    'listSearchAttributes' | 'addSearchAttributes'
  >;
};
export type Attributes = {
  readonly missing: readonly string[];
  /** Registered with a type that cannot take the values that accounts write. */
  readonly wrong: readonly { readonly name: string; readonly type: string }[];
};

/** True if Temporal denies the use of its operator service, as managed services do. */
export const isDenied = (error: unknown): boolean => DENIED.includes(grpcCodeOf(error) ?? 0);

/** Reads which search attributes are missing or have a wrong type. */
export async function readAttributes({
  connection,
  namespace,
}: Reached<Asked>): Promise<Attributes> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const names = Object.values(SEARCH_ATTRIBUTES);
  return {
    missing: names.filter((name) => !(name in customAttributes)),
    wrong: names.flatMap((name) => {
      const type = customAttributes[name];
      if (type === undefined || type === null || TYPES[type] === 'Keyword') return [];
      return [{ name, type: TYPES[type] ?? String(type) }];
    }),
  };
}

/** True for a namespace of Temporal Cloud, which is written with the id of its account. */
const isCloud = (namespace: string): boolean => /\.[a-z0-9]{5}$/.test(namespace);

/** Describes how an administrator registers the attributes. */
function adding(names: readonly string[], namespace: string): string {
  if (isCloud(namespace)) {
    const added = names.map((name) => `--sa "${name}=Keyword"`).join(' ');
    return (
      `tcld namespace search-attributes add -n ${namespace} ${added}; or add them in the Cloud UI ` +
      '(Namespaces, Edit, Custom Search Attributes)'
    );
  }
  return names
    .map(
      (name) =>
        `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
    )
    .join('; ');
}

/** Describes what is wrong, and the fix; undefined if nothing is wrong. */
export function attributesFlaw(
  { missing, wrong }: Attributes,
  namespace: string,
): { readonly found: string; readonly cure: string } | undefined {
  if (wrong.length > 0) {
    const names = wrong.map(({ name }) => name);
    return {
      found: `${wrong.map(({ name, type }) => `${name} is of type ${type} instead of Keyword`).join(', ')}: no account can run`,
      cure:
        names
          .map(
            (name) =>
              `temporal operator search-attribute remove --namespace ${namespace} --name ${name} --yes`,
          )
          .join('; ') + '; then run npm run migrate',
    };
  }
  if (missing.length > 0) {
    return {
      found: `${missing.join(', ')} missing: no account can start`,
      cure: `run npm run migrate, or: ${adding(missing, namespace)}`,
    };
  }
  return undefined;
}

/** Registers the missing attributes, and returns a line about it. Throws what Temporal refuses. */
export async function registerAttributes(reached: Reached<Asked>): Promise<string> {
  const { connection, namespace } = reached;
  const { missing } = await readAttributes(reached);
  if (missing.length === 0) return 'search attributes: already registered';
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  return `search attributes: registered ${missing.join(', ')}`;
}

/** Describes what an administrator has to do, if this process has no right to do it. */
export const deniedText = (namespace: string): string =>
  `Temporal does not let TEMPORAL_API_KEY or this certificate register search attributes in ` +
  `${namespace}: ask an administrator to check that they exist, or to run: ` +
  adding(Object.values(SEARCH_ATTRIBUTES), namespace);
