/** Every number that people read, in both worlds. */
import type { Play } from './play.js';
import { same } from './same.js';
import { coolingOf, deniedOf, leftOf } from './words.js';

/** Compares the numbers: conservation, R2, and what the page shows. */
export function compare(run: Play): void {
  const { reference, domain, entity } = run;
  const status = domain.statusWire(entity.account, run.clock, { version: 0, unsaved: 0 });
  const { inFlight, uncertain, delivered, external, imported, unexplained, counter } = status;
  same(counter, inFlight + uncertain + delivered + external + imported + unexplained);
  same(unexplained, 0);
  const actual = {
    counter,
    carried: status.carried,
    effective: status.caps.effective,
    weekUsed: status.weekUsed,
    rampDay: status.rampDay,
    learnt: status.learnt?.cap ?? null,
    isHeld: status.hold !== null,
    cooling: status.cooldown?.until ?? null,
    isBroken: status.breakerUntil !== null,
    balance: status.credits?.balance ?? null,
    inFlight,
    uncertain,
    denied: deniedOf(entity.account).toSorted(),
  };
  same(actual, {
    counter: reference.counter(reference.day),
    carried: reference.carriedNow().length,
    effective: reference.effective(),
    weekUsed: reference.earlier() + reference.used(),
    rampDay: reference.rampDay,
    learnt: reference.ceiling.known,
    isHeld: reference.held,
    cooling: coolingOf(reference),
    isBroken: reference.isBroken(),
    balance: leftOf(reference),
    inFlight: reference.all.filter((r) => r.day === reference.day && r.state === 'in_flight')
      .length,
    uncertain: reference.all.filter((r) => r.day === reference.day && r.state === 'uncertain')
      .length,
    denied: reference.denied.toSorted(),
  });
}
