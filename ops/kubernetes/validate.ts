/** Checks Kubernetes manifests against the schema of the API. An unknown field is a fault. */
import { readFileSync } from 'node:fs';
import Schema from 'typebox/schema';
import { parseAllDocuments } from 'yaml';
import { KINDS } from './kinds.js';

type Labels = Readonly<Record<string, string>>;
type Probe = { readonly httpGet?: { readonly path: string; readonly port: string } };
export type Container = {
  readonly name: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly resources?: { readonly limits?: object; readonly requests?: object };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
};
type Pod = {
  readonly metadata: { readonly labels?: Labels };
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly securityContext?: {
      readonly runAsNonRoot?: boolean;
      readonly runAsUser?: number;
      readonly seccompProfile?: { readonly type: string };
    };
    readonly containers: readonly Container[];
  };
};
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly spec?: {
    readonly selector?: Labels & { readonly matchLabels?: Labels };
    readonly podSelector?: { readonly matchLabels?: Labels };
    readonly template?: Pod;
    readonly ports?: readonly { readonly targetPort: string }[];
  };
};

/** Returns the manifests of a file with several documents. */
export const manifestsIn = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS();
  });

const { definitions }: { readonly definitions: Readonly<Record<string, object>> } = JSON.parse(
  readFileSync(new URL('schema.json', import.meta.url), 'utf8'),
);

const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata?.name ?? 'unnamed'}`;

/** Returns one line for each place at which a manifest differs from the API. */
function schemaFaults(manifest: Manifest): readonly string[] {
  const kind = `${manifest.apiVersion} ${manifest.kind}`;
  const definition = KINDS[kind];
  if (definition === undefined) return [`${nameOf(manifest)}: ${kind} is not a kind of kinds.ts`];
  const schema = { $ref: `#/definitions/${definition}`, definitions };
  const [isValid, errors] = Schema.Compile(schema).Errors(manifest);
  if (isValid) return [];
  return errors.map(
    ({ instancePath, message, params }) =>
      `${nameOf(manifest)}: ${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  );
}

/** What each pod may not do, and what it must have. */
const RULES: readonly (readonly [string, (pod: Pod, container: Container) => boolean])[] = [
  ['does not run as root', ({ spec: { securityContext: own } }) => own?.runAsNonRoot === true],
  // The image names its user, and Kubernetes can only check a number.
  ['has a number as its user', ({ spec: { securityContext: own } }) => (own?.runAsUser ?? 0) > 0],
  [
    'has the default seccomp profile',
    ({ spec: { securityContext: own } }) => own?.seccompProfile?.type === 'RuntimeDefault',
  ],
  ['has a service account of its own', ({ spec }) => spec.serviceAccountName !== undefined],
  ['has no token of Kubernetes', ({ spec }) => spec.automountServiceAccountToken === false],
  ['gets no more rights', (_, { securityContext: own }) => own?.allowPrivilegeEscalation === false],
  [
    'writes no file of its image',
    (_, { securityContext: own }) => own?.readOnlyRootFilesystem === true,
  ],
  ['has no capability', (_, { securityContext: own }) => own?.capabilities?.drop?.[0] === 'ALL'],
  [
    'has requests, and a limit of memory',
    (_, { resources }) =>
      'memory' in (resources?.limits ?? {}) && 'cpu' in (resources?.requests ?? {}),
  ],
];

function podFaults(manifest: Manifest): readonly string[] {
  const pod = manifest.spec?.template;
  if (!pod) return [];
  const faults = pod.spec.containers.flatMap((container) => {
    const probes =
      manifest.kind === 'Deployment' ? [container.livenessProbe, container.readinessProbe] : [];
    const ports = new Set(container.ports?.map(({ name }) => name));
    return [
      ...RULES.filter(([, holds]) => !holds(pod, container)).map(([rule]) => rule),
      ...(probes.every((probe) => ports.has(probe?.httpGet?.port ?? ''))
        ? []
        : ['has probes of its own ports']),
    ];
  });
  return faults.map((rule) => `${nameOf(manifest)}: not true: each container ${rule}`);
}

const covers = (selector: Labels, labels: Labels = {}): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

/** Returns one line for each selector that selects no pod, and for each port that no pod has. */
function selectorFaults(manifests: readonly Manifest[]): readonly string[] {
  const pods = manifests.flatMap(({ spec }) => spec?.template ?? []);
  return manifests.flatMap((manifest) => {
    const { selector, podSelector, template, ports = [] } = manifest.spec ?? {};
    const labels = manifest.kind === 'Service' ? selector : (selector ?? podSelector)?.matchLabels;
    if (labels === undefined) return [];
    // A Deployment selects the pods of its own template.
    const selected = (template ? [template] : pods).filter(({ metadata }) =>
      covers(labels, metadata.labels),
    );
    const names = new Set(
      selected
        .flatMap(({ spec }) => spec.containers.flatMap((one) => one.ports ?? []))
        .map(({ name }) => name),
    );
    return [
      ...(selected.length === 0 ? [`${nameOf(manifest)}: its selector selects no pod`] : []),
      ...(manifest.kind === 'Service' ? ports : [])
        .filter(({ targetPort }) => !names.has(targetPort))
        .map(({ targetPort }) => `${nameOf(manifest)}: no pod has the port ${targetPort}`),
    ];
  });
}

/** Returns one line for each fault of manifests that are applied together. */
export const faultsOf = (manifests: readonly Manifest[]): readonly string[] => [
  ...manifests.flatMap((manifest) => [...schemaFaults(manifest), ...podFaults(manifest)]),
  ...selectorFaults(manifests),
];
