/** `creneau agenda`: the agenda server, as a list of features. */
import { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { holdsFeature } from '../../agenda/operations/holds-feature.ts';
import { requireShareable } from '../../agenda/rules/person-rules.ts';
import { openRuleServices } from '../../agenda/rules/services.ts';
import { readAgendaSettings } from '../../agenda/settings.ts';
import { AGENDA_ACCESS } from '../../rest/access/table.ts';
import type { Config } from '../../runtime/config.ts';
import { regulatorOf } from '../../sas/editor/accounts/regulator.ts';
import type { EditorBackend } from '../../sas/editor/editor-backend.ts';
import { editorFeature } from '../../sas/editor/editor-feature.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { type RunningServer, type ServerPlan, startServer } from '../../server/start.ts';
import { Feed } from '../../store/delivery/feed.ts';
import { bulkFeature } from '../../sync/bulk/bulk-feature.ts';
import { type CalendarsFeature, calendarsFeature } from '../../sync/ical/calendars-feature.ts';
import { noticesFeature } from '../../sync/notice/notices-feature.ts';
import { subscriptionsFeature } from '../../sync/subscriptions/subscriptions-feature.ts';

interface Exposed {
  editor: EditorBackend;
  calendars: CalendarsFeature;
}

export type AgendaServer = RunningServer<AgendaBackend> & Exposed;

export const AGENDA: ServerPlan<AgendaBackend, Exposed> = {
  name: 'agenda',
  access: AGENDA_ACCESS,
  open(parts) {
    const { config, database, log } = parts;
    if (database.kind === 'embedded')
      log.warn(
        'Embedded database: for trials, demonstrations and tests. It survives a killed process, but not a power cut; real appointments need a PostgreSQL server (DATABASE_URL).',
      );
    const services = openRuleServices(database, readAgendaSettings(config));
    const feed = new Feed(database);
    const sas = editorFeature(parts, services);
    const calendars = calendarsFeature(parts, (context, resource) => requireShareable(services, context, resource));
    return {
      features: [
        holdsFeature(parts, services),
        sas,
        subscriptionsFeature(parts, feed),
        noticesFeature(parts),
        calendars,
        bulkFeature(parts, services),
      ],
      backend: (features) => new AgendaBackend({ database, services, feed, features }),
      accounts: () => (identity) => regulatorOf(sas.backend.accounts, identity),
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
