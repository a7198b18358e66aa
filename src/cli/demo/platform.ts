/**
 * The platform of the demonstration. It asks the agenda server, an editor that is too slow and an editor that fails;
 * its pages show the outcome of each, and the bookings.
 */
import type { Context } from '../../fhir/interaction.ts';
import { list } from '../../fhir/resources.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Config } from '../../runtime/config.ts';
import { openLog } from '../../runtime/log.ts';
import type { Mood } from '../../runtime/options/demo.ts';
import { toEndpoint } from '../../sas/platform/partners/endpoint.ts';
import { DEFAULTS, type Partner } from '../../sas/platform/partners/partner.ts';
import { openClosing } from '../../server/closing.ts';
import { DAY, formatInstant } from '../../scheduling/zone.ts';
import type { AgendaServer } from '../servers/agenda.ts';
import { startPartner } from '../../sas/simulator/simulated-partner.ts';
import { directoryOf, FICTIONAL_TOWNS } from './directory.ts';
import { platformPeople, REGULATOR_ACCOUNT } from './people.ts';
import { type PlatformServer, startPlatform } from '../servers/platform.ts';

export interface DemoPlatform {
  url: string;
  /** The agenda server becomes an editor of the platform. Returns commands to paste. */
  admit(agenda: AgendaServer): Promise<string>;
  close(): Promise<void>;
}

const SLOW_DEADLINE_MS = 2000;

export async function startDemoPlatform(config: Config, now: () => number = Date.now): Promise<DemoPlatform> {
  const closing = openClosing(openLog(config.logLevel));
  try {
    const simulated = async (mood: Mood, seed: number): Promise<string> => {
      const partner = await startPartner({ ...config, mood, port: 0, seed }, now);
      closing.add(mood, () => partner.close());
      return partner.url;
    };
    const slow = await simulated('slow', config.seed + 1);
    const failing = await simulated('500', config.seed + 2);
    const platform = await startPlatform(platformConfig(config), now, FICTIONAL_TOWNS);
    closing.add('platform', () => platform.close());
    platform.people.introduce(platformPeople());
    return {
      url: platform.url,
      async admit(agenda) {
        await fill(platform, agenda, now(), [
          // Without certificates every caller reports as `anonymous`.
          editor('creneau', 'Créneau', `${agenda.url}/sas`, { caller: 'anonymous' }),
          editor('editeur-lent', 'Éditeur lent', slow, { deadlineMs: SLOW_DEADLINE_MS }),
          editor('editeur-en-panne', 'Éditeur en panne', failing),
        ]);
        return examples(platform.url, agenda, now());
      },
      close: () => closing.close(),
    };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

/** The platform has its own database, beside that of the agendas. */
function platformConfig(config: Config): Config {
  return {
    ...config,
    // The demonstration also runs where the environment names a broker: without a file of the SAMUs nothing is sent.
    amqpUrl: config.samu === undefined ? undefined : config.amqpUrl,
    port: config.port === 0 ? 0 : config.platformPort,
    databaseUrl: undefined,
    data: config.data === 'memory:' ? config.data : `${config.data.replace(/\/+$/, '')}-platform`,
  };
}

function editor(id: string, name: string, url: string, more: Partial<Partner> = {}): Partner {
  return {
    ...{ id, name, url, kinds: ['PS', 'CPTS', 'SOS'], enabled: true },
    ...DEFAULTS,
    ...{ identity: {}, caller: id, practitioners: undefined, since: 0 },
    ...more,
  };
}

/** Writes the partners, and the directory and the regulator unless they are there. */
async function fill(
  { backend, url }: PlatformServer,
  agenda: AgendaServer,
  now: number,
  partners: readonly Partner[],
): Promise<void> {
  const context: Context = {
    ...{ now, requestId: 'demo', caller: 'demo', roles: ['*'], strict: false, base: `${url}/fhir` },
  };
  for (const partner of partners) {
    const organization = { resourceType: 'Organization', id: partner.id, active: true, name: partner.name };
    await backend.update(context, organization, partner.id, {});
    await backend.update(context, toEndpoint(partner), partner.id, {});
  }
  const { total } = await backend.repository.reader.search('PractitionerRole', [], { count: 0 });
  if (total !== 0) return;
  for (const resource of await directoryOf(agenda)) await backend.update(context, resource, resource.id, {});
  await backend.create(context, REGULATOR_ACCOUNT);
}

async function examples(url: string, { backend }: AgendaServer, now: number): Promise<string> {
  const from = formatInstant(now, 'Europe/Paris').slice(0, 19);
  const to = formatInstant(now + 2 * DAY, 'Europe/Paris').slice(0, 10);
  const { rows } = await backend.repository.reader.search('Practitioner', [], { count: 3, total: 'none' });
  const who = rows
    .map((row) => {
      const [identifier] = list(parseResource('Practitioner', row.body!).identifier);
      return `urn:oid:1.2.250.1.71.4.2.1%7C${identifier!.value}`;
    })
    .join(',');
  const period = `start=ge${from}&start=le${to}T23:59:59`;
  const search = `${url}/fhir/Slot?status=free&${period}&schedule.actor:Practitioner.identifier=${who}`;
  return `La plateforme interroge trois éditeurs ; la réponse donne le résultat de chacun /
the platform asks three editors; the answer gives the outcome of each:

4. La recherche agrégée (un éditeur répond, un est trop lent, un est en panne) /
   the aggregated search (one answers, one is too slow, one is down):
   curl -s '${search}'

5. La même, au fil des réponses / the same, as the answers come:
   curl -sN -H 'Accept: text/event-stream' '${search}'`;
}
