/** The Kubernetes manifests: they match the API, and no pod has more rights than it needs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { closed, extracted } from '../../../ops/kubernetes/extractSchema.js';
import { faultsOf, manifestsIn } from '../../../ops/kubernetes/validate.js';

const BASE = 'ops/kubernetes/base';
const read = (name: string): string => readFileSync(`${BASE}/${name}.yaml`, 'utf8');
const files = readdirSync(BASE).map((name) => name.replace('.yaml', ''));
const parts = files.filter((name) => name !== 'kustomization');
const all = parts.flatMap((name) => manifestsIn(read(name)));

describe('the manifests', () => {
  it('the manifests match the API of Kubernetes, and each selector selects pods', () => {
    expect(faultsOf(all)).toEqual([]);
    const kinds = new Set(all.map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual([
      'Deployment',
      'Job',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
    ]);
  });

  it('the kustomization lists each file', () => {
    const { resources }: { readonly resources: readonly string[] } = parse(read('kustomization'));
    expect(resources.map((name) => name.replace('.yaml', '')).toSorted()).toEqual(parts.toSorted());
  });

  it('each pod runs an entry of the image, as a service account that exists', () => {
    const pods = all.flatMap(({ spec }) => spec?.template ?? []);
    const commands = pods.flatMap(({ spec }) => spec.containers.map(({ command }) => command?.[1]));
    expect(commands.map((one) => one ?? '').toSorted()).toEqual([
      'dist/migrate.js',
      'dist/server.js',
      'dist/worker.js',
    ]);
    for (const command of commands) {
      const source = command?.replace('dist', 'src').replace('.js', '.ts') ?? '';
      expect(existsSync(source)).toBe(true);
    }
    const accounts = all.filter(({ kind }) => kind === 'ServiceAccount');
    expect(pods.map(({ spec }) => spec.serviceAccountName ?? '').toSorted()).toEqual(
      accounts.map(({ metadata }) => metadata.name).toSorted(),
    );
  });
});

describe('the check of manifests', () => {
  it.each<[fault: string, file: string, old: string, mutated: string, found: RegExp]>([
    ['an unknown field', 'worker', 'minReadySeconds', 'minReadySecond', /minReadySecond/],
    ['a missing field', 'server', '- name: server\n', '- tty: false\n', /name/],
    ['a field of another type', 'worker', 'replicas: 2', "replicas: 'two'", /replicas/],
    ['an unknown kind', 'network', 'networking.k8s.io/v1', 'networking.k8s.io/v9', /v9/],
    ['a pod that runs as root', 'server', 'runAsNonRoot: true', 'runAsNonRoot: false', /root/],
    ['a user without a number', 'server', 'runAsUser: 1000', 'fsGroup: 1000', /number/],
    [
      'a file system that can be written',
      'migrate',
      'Filesystem: true',
      'Filesystem: false',
      /file/,
    ],
    ['a capability', 'worker', 'drop: [ALL]', 'drop: [NET_RAW]', /capability/],
    ['a token of Kubernetes', 'worker', '      automountServiceAccountToken: false\n', '', /token/],
    ['a pod without limits', 'server', 'limits', 'claims', /limit of memory/],
    [
      'a probe of an unknown port',
      'server',
      'port: http\n            periodSeconds: 30',
      'port: web\n            periodSeconds: 30',
      /probes/,
    ],
    [
      'a selector of no pod',
      'worker',
      'name: safeband\n        app.kubernetes.io/component: worker\n    spec',
      'name: other\n    spec',
      /selects no pod/,
    ],
    ['a Service of an unknown port', 'server', 'targetPort: http', 'targetPort: web', /port web/],
  ])('the check finds %s', (_, file, old, mutated, found) => {
    const text = read(file);
    expect(text.split(old).length).toBeGreaterThan(1);
    const others = all.filter(({ kind }) => kind === 'ServiceAccount');
    const faults = faultsOf([...others, ...manifestsIn(text.replace(old, mutated))]);
    expect(faults.join('\n')).toMatch(found);
  });

  it('the schema is closed: what the API does not list is a fault', () => {
    const definitions = {
      Pod: {
        description: 'a pod',
        type: 'object',
        properties: { port: { $ref: '#/definitions/Port' }, labels: { additionalProperties: {} } },
      },
      Port: { description: 'a port', type: 'string', format: 'int-or-string' },
      Other: { type: 'object' },
    };
    expect(closed(definitions.Pod)).toEqual({
      type: 'object',
      properties: { port: { $ref: '#/definitions/Port' }, labels: { additionalProperties: {} } },
      additionalProperties: false,
    });
    expect(Object.keys(extracted(definitions, ['Pod']))).toEqual(['Pod', 'Port']);
    expect(extracted(definitions, ['Port'])['Port']).toEqual({ type: ['string', 'integer'] });
    expect(() => extracted(definitions, ['Node'])).toThrow('the API has no Node');
  });
});
