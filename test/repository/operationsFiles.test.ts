/** What people on call read, and what containers are made of: nothing is missing or points nowhere. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { metricsAddressFrom } from '../../src/platform/config.js';
import { ALERT_KINDS } from '../../src/domain/account/alertKinds.js';

const read = (file: string): string => readFileSync(file, 'utf8');
const runbook = read('docs/runbook.md');
const sections = new Map(
  runbook
    .split(/^#{2,3} /m)
    .slice(1)
    .map((text) => [text.split('\n')[0] ?? '', text] as const),
);
/** As pages make an address of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const anchors = new Set([...sections.keys()].map(anchorOf));

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
};
const { groups }: { groups: readonly { name: string; rules: readonly Rule[] }[] } = parse(
  read('ops/prometheus/alerts.yml'),
);
const rules = groups.flatMap((group) => group.rules);

it('has a section with a fix for each alert kind and each rule', () => {
  const wanted = [...ALERT_KINDS, ...rules.map(({ alert }) => alert)];
  const withoutCure = wanted.filter((name) => !sections.get(name)?.includes('**Do:**'));
  expect(withoutCure).toEqual(['SafebandAlertOpen']); // it points to the kind's own
  expect(new Set(wanted).size).toBe(wanted.length);
});

/** The template of Prometheus for the address that the server states in its metrics. */
const ADDRESS =
  '{{ with query "safeband_runbook_info" }}{{ . | first | label "url" }}' +
  '{{ else }}docs/runbook.md{{ end }}';

it('is where each rule links to, at the address of the server', () => {
  const links = rules.flatMap(({ annotations: { runbook_url: url } }) =>
    url.includes('{{ $labels.kind }}')
      ? ALERT_KINDS.map((kind) => url.replace('{{ $labels.kind }}', kind))
      : [url],
  );
  const broken = links.filter((url) => {
    const [address, anchor = ''] = url.split('#');
    return address !== ADDRESS || !anchors.has(anchor);
  });
  expect(broken).toEqual([]);
  expect(rules.length).toBeGreaterThan(20);
});

it('rules of one group name it, and leave out accounts that are of no one group', () => {
  const ofGroups = groups.find(({ name }) => name === 'safeband-groups')?.rules ?? [];
  expect(ofGroups.length).toBeGreaterThan(2);
  for (const { alert, expr, labels, annotations } of ofGroups) {
    expect([alert, labels.severity]).toEqual([alert, 'warning']);
    expect(annotations.summary).toContain('group {{ $labels.group }}');
    expect(expr).toContain('group!~"none|other"');
    // Each side of an operator has one series for each group, also with several servers.
    const sides = expr.split(/ unless | > /).map((side) => side.replace(/^0\.\d+ \* /, ''));
    for (const side of sides) expect(side).toMatch(/^(max|sum) by \(group\) \(/);
  }
});

const LINKING = [
  'SECURITY.md',
  ...['deploy', 'kubernetes', 'operations', 'postgres', 'runbook', 'temporal', 'upgrade'].map(
    (name) => `docs/${name}.md`,
  ),
];
it.each(LINKING)('%s links to what is there', (file) => {
  const folder = file.includes('/') ? 'docs' : '.';
  const targets = [...read(file).matchAll(/\]\((?!https:)([^)\s]+)\)/g)].map(
    ([, target]) => target ?? '',
  );
  expect(targets.length).toBeGreaterThan(0);
  const broken = targets.filter((target) => {
    const [place = '', anchor] = target.split('#');
    if (place !== '' && !existsSync(`${folder}/${place}`)) return true;
    const text = place === '' ? read(file) : anchor === undefined ? '' : read(`${folder}/${place}`);
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      anchorOf(heading ?? ''),
    );
    return anchor !== undefined && !headings.includes(anchor);
  });
  expect(broken).toEqual([]);
});

it('builds containers of files and commands that exist', () => {
  const dockerfile = read('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, list]) =>
    (list ?? '').split(' '),
  );
  expect(copied.length).toBeGreaterThan(3);
  expect(copied.filter((name) => !existsSync(name))).toEqual([]);
  const ignored = read('.dockerignore').split('\n');
  expect(copied.filter((name) => ignored.includes(name.replace(/\/$/, '')))).toEqual([]);
  const { scripts, engines }: { scripts: object; engines: { node: string } } = JSON.parse(
    read('package.json'),
  );
  const commands = [...dockerfile.matchAll(/npm run (?:--silent )?(\w+)/g)].map(([, name]) => name);
  for (const name of commands) expect(Object.keys(scripts)).toContain(name);
  expect(engines.node).toBe('^20.19.0 || ^22.12.0 || ^24.0.0');
  expect(dockerfile).toMatch(/^USER (?!root)\w+$/m);

  const { services }: { services: { [name: string]: { command?: string[]; user?: string } } } =
    parse(read('compose.yml'));
  const started = Object.values(services).map(({ command = [] }) => command.join(' '));
  const entries = started.map((command) => /^node dist\/(\w+)\.js$/.exec(command)?.[1] ?? command);
  // Each is what the package's script of that name runs.
  expect(entries.toSorted()).toEqual(['migrate', 'server', 'worker']);
  for (const entry of entries) expect(Object.entries(scripts).join()).toContain(`dist/${entry}.js`);
});

it('builds and starts containers of images that are pinned by digest', () => {
  const bases = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image ?? '');
  expect(bases.length).toBeGreaterThan(1);
  for (const image of bases) {
    expect(image).toMatch(/^node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/);
  }
  expect(new Set(bases).size).toBe(1);
  const { services }: { services: { [name: string]: { image: string } } } = parse(
    read('temporal-dev.yml'),
  );
  for (const { image } of Object.values(services)) {
    expect(image).toMatch(/^\S+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  }
});

it('installs no package whose checksum the lockfile does not pin', () => {
  const { packages }: { packages: { [path: string]: { integrity?: string; link?: boolean } } } =
    JSON.parse(read('package-lock.json'));
  const installed = Object.entries(packages).filter(([path, { link }]) => path !== '' && !link);
  expect(installed.length).toBeGreaterThan(100);
  const unpinned = installed.filter(
    ([, { integrity = '' }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity),
  );
  expect(unpinned.map(([path]) => path)).toEqual([]);
});

it.each(['localhost:9464', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:70000', ':9464'])(
  'refuses to serve metrics at %s',
  (address) => {
    const environment = { SAFEBAND_METRICS_ADDRESS: address };
    expect(() => metricsAddressFrom(environment)).toThrow(/^SAFEBAND_METRICS_ADDRESS=/);
  },
);

it('serves metrics at an address, or nowhere', () => {
  expect(metricsAddressFrom({ SAFEBAND_METRICS_ADDRESS: '[::]:9464' })).toBe('[::]:9464');
  expect(metricsAddressFrom({})).toBeUndefined();
});
