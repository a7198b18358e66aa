/** The SAS platform beside its FHIR base: announcements to partners, the activity report, and figures. */
import { mountPlain } from '../../rest/server.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import type { Relay } from '../../store/delivery/relay.ts';
import type { PlatformBackend } from './platform-backend.ts';
import { activity } from './reports/activity.ts';

export function platformFeature({ database, log, metrics }: ServerParts): Feature<PlatformBackend> {
  let announcing: Relay | undefined;
  return {
    name: 'platform',
    mount(app, { backend: { registry }, options }) {
      metrics.gauge(
        'creneau_partners_resting',
        'Partners left alone after repeated failures',
        () => registry.all.filter((partner) => partner.breaker.isOpen).length,
      );
      metrics.gauge('creneau_partners_file_wrong', '1 when the partners file as it is now is not in force', () =>
        registry.failure === undefined ? 0 : 1,
      );
      mountPlain(app, '/activity', options, (request) => activity(database, registry, request));
    },
    start({ backend }) {
      announcing = backend.announcer.start(log);
    },
    close: () => announcing?.close(),
  };
}
