/** `GET /v1/doctor`: what this server finds out about the installation, with a fix for each problem. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { errorText } from '../../domain/primitives/errorText.js';
import { fail, type Finding, type ReasonOf } from '../../doctor/finding.js';
import { checkPostgres } from '../../doctor/postgres.js';
import { sentenceOf } from '../../platform/config.js';
import { checkAllAccounts } from '../access/caller.js';
import type { Parts } from '../context.js';
import { within } from '../plumbing/within.js';
import { problems } from '../routes/message.js';
import { closed, orNull } from '../schemas/parts.js';

/** How long the checks of one server may take; the command line waits for 30 s. */
const ANSWER_MS = 8_000;

const answer = closed({
  findings: Type.Array(
    closed({
      name: Type.String({ description: 'What was checked.' }),
      level: Type.Enum(['ok', 'warn', 'fail']),
      text: Type.String({ description: 'What was found.' }),
      cure: orNull(Type.String({ description: 'The fix; null: nothing has to be done.' })),
    }),
  ),
});

/** Returns an error in words, as the log of the server has it. */
export const reasonOf: ReasonOf = (error) => ({
  message: sentenceOf(error) ?? errorText(error),
});

export function doctorRoutes(app: FastifyInstance, { pool, now, operations }: Parts): void {
  const inTime = (name: string, cure: string, check: Promise<readonly Finding[]>) =>
    within(check, ANSWER_MS).catch((error: unknown) => [fail(name, reasonOf(error).message, cure)]);
  app.get(
    '/v1/doctor',
    {
      config: { needs: 'operate' },
      schema: {
        operationId: 'doctor',
        tags: ['operations'],
        summary: 'Checks of the installation, each with a fix; for keys of all accounts',
        description:
          'Checks Postgres, its schema and roles, Temporal, its search attributes and schedules, ' +
          'the workers, audits, reconciles and alerts, as this server sees them. It changes nothing.',
        response: { 200: answer, ...problems },
      },
    },
    async ({ caller }) => {
      checkAllAccounts(caller);
      const asked = { open: () => pool, now, reasonOf, here: "the server's" };
      const findings = await Promise.all([
        inTime('Postgres', 'start Postgres, or correct DATABASE_URL', checkPostgres(asked)),
        inTime(
          'Temporal',
          'start Temporal, or correct TEMPORAL_ADDRESS',
          operations.checkTemporal(),
        ),
      ]);
      return { findings: findings.flat() };
    },
  );
}
