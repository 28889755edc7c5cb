/**
 * `safeband doctor`: checks everything that accounts depend on, and prints a fix for each problem.
 */
import type { Command } from 'commander';
import { shown } from '../../../domain/primitives/text.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { ok, type Finding } from '../../../doctor/finding.js';
import { checkMachine, MACHINE_CHECKS } from '../../doctor/machine.js';
import { EXIT } from '../../errors.js';
import { withProgress, type Style } from '../../output.js';
import { isByKey } from '../../source/keyAccess.js';

export const registerDoctor: Register = (program: Command, context: Context) => {
  const command = program
    .command('doctor')
    .summary('check the installation and print a fix for each problem')
    .description(
      'Checks versions, clocks, schema, roles, search attributes, schedules, workers, alerts and ' +
        'the last reconciles. Each line is ok, warn or fail; exit code 1 if one is fail. ' +
        'Changes nothing.',
    )
    .action(async () => {
      const { io, isJson } = context;
      const { findings, notChecked } = await withProgress(
        io,
        isJson,
        'checking the installation',
        () => examine(context),
      );
      const isFailing = findings.some(({ level }) => level === 'fail');
      context.answer({
        json: { healthy: !isFailing, findings, notChecked },
        exitCode: isFailing ? EXIT.found : EXIT.ok,
        text: (style) => [reportOf(findings, style), ...leftOut(notChecked)].join('\n'),
      });
    });
  withExamples(command, 'doctor', 'doctor --json');
};

type Examined = { readonly findings: readonly Finding[]; readonly notChecked: readonly string[] };

async function examine({ io, world, version }: Context): Promise<Examined> {
  // With a key, the server answers; the machine of this command line then runs no worker.
  if (isByKey(io.env)) {
    const findings = await world.source().doctor();
    return { findings: [ok('safeband', version), ...findings], notChecked: MACHINE_CHECKS };
  }
  const [machine, servers] = await Promise.all([
    checkMachine(io.env, { version }),
    world.source().doctor(),
  ]);
  return { findings: [...machine, ...servers], notChecked: [] };
}

/** Names the checks that only the machines of server and workers allow. */
const leftOut = (names: readonly string[]): readonly string[] =>
  names.length === 0
    ? []
    : [
        `not checked: ${names.join(', ')}. An API key does not reach the machines of the server and ` +
          'the workers; run safeband doctor there',
      ];

function reportOf(findings: readonly Finding[], { colors, table }: Style): string {
  const colour = { ok: colors.green, warn: colors.yellow, fail: colors.red };
  const rows = findings.map(({ level, name, text, cure }) => [
    colour[level](level),
    shown(name),
    shown(text) + (cure === null ? '' : `\n${colors.bold(`fix: ${shown(cure)}`)}`),
  ]);
  const of = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  const [fails, warns] = [of('fail'), of('warn')];
  const end =
    fails + warns === 0
      ? colors.green('no problem found')
      : `${fails} fail, ${warns} warn, ${of('ok')} ok`;
  return `${table(rows, ['', '', ''])}\n\n${end}`.trimStart();
}
