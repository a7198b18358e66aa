/** The waiting list as a part of the public pages: it hears of time that comes free, and looks for time that opens. */
import { addressedAgendas } from '../../agenda/rules/addressed.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import { readWaiting } from '../../fhir/french/waiting.ts';
import { parseResource } from '../../fhir/json.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import { afterNight } from '../../scheduling/reminders.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { type Relay, startRelay } from '../../store/delivery/relay.ts';
import { Unit } from '../../store/write/unit.ts';
import type { PublicPart, PublicSiteParts } from '../site/public-site.ts';
import { SWEEP } from './join-list.ts';
import { sendFreed, WAITING, waitingFollower } from './waiting-follower.ts';
import { WaitingList } from './waiting-list.ts';

const MAX_ENTRIES = 1000;

export function waitingPart({ services, parts: { database, log, now } }: PublicSiteParts): PublicPart {
  let relay: Relay | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  return {
    followers: [waitingFollower],
    start({ backend }) {
      const waitingList = new WaitingList({ database, services, backend, now });
      relay = startRelay({
        outbox: new Outbox(database),
        destination: WAITING,
        deliver: ({ payload }) => waitingList.deliver(payload),
        log,
      });
      const work = (): void => {
        running = sweep(services, now()).catch((error) =>
          log.warn({ error: (error as Error).message }, 'the waiting list could not be looked through'),
        );
      };
      timer = setInterval(work, SWEEP.everyMs);
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      await running;
      await relay?.close();
    },
  };
}

/** Time that an agenda has opened is announced by nothing: agendas with somebody who waits are looked through. */
export async function sweep(services: RuleServices, now: number): Promise<void> {
  const { criteria } = parseSearch('Appointment', 'status=waitlist');
  const { rows } = await services.reader.search('Appointment', criteria, { count: MAX_ENTRIES, total: 'none' });
  const entries = rows.map(({ body }) => parseResource('Appointment', body!));
  const waiting = entries.filter((entry) => readWaiting(entry)?.isAsleep === false);
  const agendas = new Map<string, string>();
  for (const entry of waiting)
    for (const { schedule, agenda } of await addressedAgendas(services, entry)) agendas.set(schedule, agenda.zone);
  if (agendas.size === 0) return;
  const unit = new Unit();
  for (const [schedule, zone] of agendas)
    sendFreed(unit, { schedule, start: now, end: now + SWEEP.aheadMs, isSweep: true }, afterNight(now, zone));
  await unit.commit(services.reader.database);
}
