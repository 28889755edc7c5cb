/** JSON logs on stderr, one event name a line; no payloads, so no personal data and no secret. */
import { pino, type Logger } from 'pino';

export const createLogger = ({ logLevel }: { readonly logLevel: string }): Logger =>
  pino(
    { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
