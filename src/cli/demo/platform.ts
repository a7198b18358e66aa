/**
 * The platform of the demonstration: it asks the agenda server, an editor that is too slow and one that fails, and
 * shows what became of each; and what was booked.
 */
import { parseJson } from '../../fhir/json.ts';
import type { Identifier, Resource } from '../../fhir/resource.ts';
import type { Config } from '../../runtime/config.ts';
import { toEndpoint } from '../../sas/platform/partners/endpoint.ts';
import { DEFAULTS, type Partner } from '../../sas/platform/partners/partner.ts';
import { DAY, formatInstant } from '../../scheduling/zone.ts';
import type { AgendaServer } from '../servers/agenda.ts';
import { startPartner } from '../../sas/simulator/simulated-partner.ts';
import { directoryOf, FICTIONAL_TOWNS } from './directory.ts';
import { platformPeople, REGULATOR_ACCOUNT } from './people.ts';
import { startPlatform } from '../servers/platform.ts';

export interface DemoPlatform {
  url: string;
  /** The agenda server becomes an editor of the platform. Returns commands to paste. */
  admit(agenda: AgendaServer): Promise<string>;
  close(): Promise<void>;
}

const SLOW_DEADLINE = 2000;

export async function startDemoPlatform(config: Config): Promise<DemoPlatform> {
  const simulated = await Promise.all([
    startPartner({ ...config, mood: 'slow', port: 0, seed: config.seed + 1 }),
    startPartner({ ...config, mood: '500', port: 0, seed: config.seed + 2 }),
  ]);
  // A database of its own, beside that of the agendas.
  // A broker in the environment is no reason to fail: the LRM gets nothing without a file of the SAMUs.
  const amqpUrl = config.samu === undefined ? undefined : config.amqpUrl;
  const platform = await startPlatform(
    {
      ...config,
      amqpUrl,
      port: config.port === 0 ? 0 : config.platformPort,
      databaseUrl: undefined,
      data: config.data === 'memory:' ? config.data : `${config.data.replace(/\/+$/, '')}-platform`,
    },
    Date.now,
    FICTIONAL_TOWNS,
  );
  const editor = (id: string, name: string, url: string, more: Partial<Partner> = {}): Partner => ({
    id,
    name,
    url,
    kinds: ['PS', 'CPTS', 'SOS'],
    enabled: true,
    ...DEFAULTS,
    identity: {},
    caller: id,
    practitioners: undefined,
    since: 0,
    ...more,
  });
  const partnersWith = (agenda: AgendaServer): Partner[] => [
    // Without certificates, whoever reports is nobody in particular.
    editor('creneau', 'Créneau', `${agenda.url}/sas`, { caller: 'anonymous' }),
    editor('editeur-lent', 'Éditeur lent', simulated[0].url, { deadlineMs: SLOW_DEADLINE }),
    editor('editeur-en-panne', 'Éditeur en panne', simulated[1].url),
  ];
  platform.people.introduce(platformPeople());
  const context = {
    now: Date.now(),
    requestId: 'demo',
    caller: 'demo',
    roles: ['*'],
    strict: false,
    base: `${platform.url}/fhir`,
  };
  return {
    url: platform.url,
    async admit(agenda) {
      for (const partner of partnersWith(agenda)) {
        await platform.backend.update(
          context,
          { resourceType: 'Organization', id: partner.id, active: true, name: partner.name },
          partner.id,
          {},
        );
        await platform.backend.update(context, toEndpoint(partner), partner.id, {});
      }
      if ((await platform.backend.repository.reader.search('PractitionerRole', [], { count: 0 })).total === 0) {
        for (const one of await directoryOf(agenda)) await platform.backend.update(context, one, one.id, {});
        await platform.backend.create(context, REGULATOR_ACCOUNT);
      }
      return examples(platform.url, agenda);
    },
    async close() {
      await platform.close();
      await Promise.all(simulated.map((one) => one.close()));
    },
  };
}

async function examples(url: string, { backend }: AgendaServer): Promise<string> {
  const now = Date.now();
  const from = formatInstant(now, 'Europe/Paris').slice(0, 19);
  const to = formatInstant(now + 2 * DAY, 'Europe/Paris').slice(0, 10);
  const { rows } = await backend.repository.reader.search('Practitioner', [], { count: 3, total: false });
  const who = rows
    .map(
      (row) =>
        `urn:oid:1.2.250.1.71.4.2.1%7C${((parseJson(row.body!) as Resource)['identifier'] as Identifier[])[0]!.value}`,
    )
    .join(',');
  const search = `${url}/fhir/Slot?status=free&start=ge${from}&start=le${to}T23:59:59&schedule.actor:Practitioner.identifier=${who}`;
  return `La plateforme interroge trois éditeurs ; le sort de chacun est dans la réponse / the platform asks three editors; what became of each is in the answer:

4. La recherche agrégée (un éditeur répond, un est trop lent, un est en panne) / the aggregated search (one answers, one is too slow, one is down):
   curl -s '${search}'

5. La même, au fil des réponses / the same, as the answers come:
   curl -sN -H 'Accept: text/event-stream' '${search}'`;
}
