/** Looks at everything that the accounts stand on, and says how to mend what is wrong. */
import type { Command } from 'commander';
import { shown } from '../../../domain/primitives/text.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { lookAtMachine } from '../../doctor/machine.js';
import { lookAtPostgres } from '../../doctor/postgres.js';
import type { Finding } from '../../doctor/finding.js';
import { EXIT } from '../../errors.js';
import { withProgress, type Look } from '../../output.js';

export const registerDoctor: Register = (program: Command, context: Context) => {
  const command = program
    .command('doctor')
    .summary('look at everything, and print the cure of what is wrong')
    .description(
      'Looks at versions, clocks, schema, roles, search attributes, schedule, workers and the ' +
        'last heartbeats. Each line is ok, warn or fail; exit code 1 if one fails. Changes nothing.',
    )
    .action(async () => {
      const { io, isJson } = context;
      const findings = await withProgress(io, isJson, 'looking', () => examine(context));
      const isIll = findings.some(({ level }) => level === 'fail');
      context.answer({
        json: { healthy: !isIll, findings },
        exitCode: isIll ? EXIT.found : EXIT.ok,
        text: (look) => reportOf(findings, look),
      });
    });
  withExamples(command, 'doctor', 'doctor --json');
};

async function examine({ io, world, now, version }: Context): Promise<readonly Finding[]> {
  const { lookAtTemporal } = await import('../../doctor/temporal.js');
  const parts = await Promise.all([
    lookAtMachine(io.env, { version }),
    lookAtPostgres(world.pool, now),
    lookAtTemporal(world.temporal, now()),
  ]);
  return parts.flat();
}

function reportOf(findings: readonly Finding[], { colors, table }: Look): string {
  const colour = { ok: colors.green, warn: colors.yellow, fail: colors.red };
  const rows = findings.map(({ level, name, text, cure }) => [
    colour[level](level),
    shown(name),
    shown(text) + (cure === null ? '' : `\n${colors.bold(`cure: ${shown(cure)}`)}`),
  ]);
  const of = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  const [fails, warns] = [of('fail'), of('warn')];
  const end =
    fails + warns === 0
      ? colors.green('all is well')
      : `${fails} failed, ${warns} to look at, ${of('ok')} ok`;
  return `${table(rows, ['', '', ''])}\n\n${end}`.trimStart();
}
