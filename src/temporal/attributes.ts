/** The search attributes that accounts write: are they there, and of the right type. */
import type { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from './protocol.js';
import { grpcCodeOf, type Reached } from './connect.js';

/** Temporal's number for an attribute that is found by its exact word. */
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
  /** Registered, and of a type that takes no word of ours. */
  readonly wrong: readonly { readonly name: string; readonly type: string }[];
};

/** True if Temporal does not let us use its operator service, as managed ones do. */
export const isDenied = (error: unknown): boolean => DENIED.includes(grpcCodeOf(error) ?? 0);

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

/** The command that registers an attribute, for whoever may. */
const addCommand = (name: string, namespace: string): string =>
  `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`;

/** What is wrong, and what to do, in one sentence; undefined: nothing is. */
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
      cure:
        'run npm run migrate, or: ' + missing.map((name) => addCommand(name, namespace)).join('; '),
    };
  }
  return undefined;
}

/** Registers what is missing; the line that says what was done. Throws what Temporal refuses. */
export async function registerAttributes(reached: Reached<Asked>): Promise<string> {
  const { connection, namespace } = reached;
  const { missing } = await readAttributes(reached);
  if (missing.length === 0) return 'search attributes: are there';
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  return `search attributes: registered ${missing.join(', ')}`;
}

/** What whoever may has to do, where we may not. */
export const deniedText = (namespace: string): string =>
  `Temporal does not let TEMPORAL_API_KEY or this certificate register search attributes in ` +
  `${namespace}: let an administrator see that there are: ` +
  Object.values(SEARCH_ATTRIBUTES)
    .map((name) => addCommand(name, namespace))
    .join('; ');
