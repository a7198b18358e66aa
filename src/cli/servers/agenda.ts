/** `creneau agenda`: the agenda server, as a list of features. */
import type { Context } from '../../fhir/interaction.ts';
import { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { RESTRICTABLE } from '../../agenda/served-types.ts';
import { erasureFeature } from '../../agenda/erasure/erasure-feature.ts';
import { accessesFeature } from '../../agenda/operations/accesses-feature.ts';
import { nextOfKind } from '../../agenda/kinds/next-of-kind.ts';
import { holdsFeature } from '../../agenda/operations/holds-feature.ts';
import { requestsFeature } from '../../agenda/operations/requests-feature.ts';
import { occupationFeature } from '../../agenda/operations/occupation-feature.ts';
import { Tickets } from '../../agenda/practice/joining.ts';
import { practiceFeature } from '../../agenda/practice/practice-feature.ts';
import { storedRightsOf } from '../../agenda/practice/stored-person.ts';
import { requireShareable } from '../../agenda/rules/person-rules.ts';
import { ownOf } from '../../agenda/rules/read-scope.ts';
import { openRuleServices } from '../../agenda/rules/services.ts';
import { readAgendaSettings } from '../../agenda/settings.ts';
import { publicFeature } from '../../public/public-feature.ts';
import { personOf } from '../../rest/access/person.ts';
import { AGENDA_ACCESS } from '../../rest/access/table.ts';
import type { Config } from '../../runtime/config.ts';
import { regulatorOf } from '../../sas/editor/accounts/regulator.ts';
import type { EditorBackend } from '../../sas/editor/editor-backend.ts';
import { editorFeature } from '../../sas/editor/editor-feature.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { type RunningServer, type ServerPlan, startServer } from '../../server/start.ts';
import { Feed } from '../../store/delivery/feed.ts';
import { PeopleStore } from '../../store/records/people.ts';
import { bulkFeature } from '../../sync/bulk/bulk-feature.ts';
import { type CalendarsFeature, calendarsFeature } from '../../sync/ical/calendars-feature.ts';
import { insiFeature } from '../../sync/insi/insi-feature.ts';
import { noticesFeature } from '../../sync/notice/notices-feature.ts';
import { subscriptionsFeature } from '../../sync/subscriptions/subscriptions-feature.ts';

/** Other times that a mail names to somebody whose request came to nothing. */
const NEXT_TIMES = 3;

interface Exposed {
  editor: EditorBackend;
  calendars: CalendarsFeature;
}

export type AgendaServer = RunningServer<AgendaBackend> & Exposed;

export const AGENDA: ServerPlan<AgendaBackend, Exposed> = {
  name: 'agenda',
  access: AGENDA_ACCESS,
  restrictable: RESTRICTABLE,
  open(parts) {
    const { config, database, log } = parts;
    if (database.kind === 'embedded')
      log.warn(
        'embedded database: for trials, demonstrations and tests. It survives a killed process, but not a power cut; ' +
          'real appointments need a PostgreSQL server (DATABASE_URL)',
      );
    const services = openRuleServices(database, readAgendaSettings(config));
    const people = new PeopleStore(database);
    const feed = new Feed(database);
    const sas = editorFeature(parts, services);
    const ownAgendas = async (context: Context) => (await ownOf(services, context)).agendas;
    const notices = noticesFeature(parts, ownAgendas, (appointment) =>
      nextOfKind(services, appointment, parts.now(), NEXT_TIMES),
    );
    const calendars = calendarsFeature(
      parts,
      {
        mayManage: (context, resource) => requireShareable(services, context, resource),
        ownAgendas,
      },
      notices.closures,
    );
    return {
      features: [
        accessesFeature(parts, services),
        holdsFeature(parts, services),
        occupationFeature(parts, services),
        practiceFeature({ people, services }),
        requestsFeature(parts, services),
        sas,
        subscriptionsFeature(parts, feed),
        notices,
        calendars,
        insiFeature(parts),
        bulkFeature(parts, services),
        erasureFeature(parts),
        ...publicFeature(parts, services),
      ],
      backend: (features) => new AgendaBackend({ database, services, feed, features }),
      accounts: () => async (identity) => {
        const account = await regulatorOf(sas.backend.accounts, identity);
        return personOf('', [
          ...(await storedRightsOf(people, identity, parts.now())),
          ...(account === undefined ? [] : [account]),
        ]);
      },
      joining: (isAnybodyListed) => new Tickets({ people, reader: services.reader, isAnybodyListed, now: parts.now }),
      exposed: { editor: sas.backend, calendars },
    };
  },
};

/** `more`: opens features beside those of every agenda server. */
export function startAgenda(
  config: Config,
  testClock?: () => number,
  more: (parts: ServerParts) => readonly Feature<AgendaBackend>[] = () => [],
): Promise<AgendaServer> {
  const open: typeof AGENDA.open = (parts) => {
    const opened = AGENDA.open(parts);
    return { ...opened, features: [...opened.features, ...more(parts)] };
  };
  return startServer(config, testClock, { ...AGENDA, open });
}
