/**
 * `safeband doctor`: checks everything that accounts depend on, and prints a fix for each problem.
 */
import type { Command } from 'commander';
import { shown } from '../../../domain/primitives/text.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { checkMachine } from '../../doctor/machine.js';
import { checkPostgres } from '../../doctor/postgres.js';
import type { Finding } from '../../doctor/finding.js';
import { EXIT } from '../../errors.js';
import { withProgress, type Style } from '../../output.js';

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
      const findings = await withProgress(io, isJson, 'checking the installation', () =>
        examine(context),
      );
      const isFailing = findings.some(({ level }) => level === 'fail');
      context.answer({
        json: { healthy: !isFailing, findings },
        exitCode: isFailing ? EXIT.found : EXIT.ok,
        text: (style) => reportOf(findings, style),
      });
    });
  withExamples(command, 'doctor', 'doctor --json');
};

async function examine({ io, world, now, version }: Context): Promise<readonly Finding[]> {
  const { checkTemporal } = await import('../../doctor/temporal.js');
  const parts = await Promise.all([
    checkMachine(io.env, { version }),
    checkPostgres(world.pool, now),
    checkTemporal(world.temporal, now()),
  ]);
  return parts.flat();
}

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
