/** The SAS platform beside its FHIR base: announcements to partners, the activity report, and figures. */
import { mountPlain } from '../../rest/server.ts';
import { type CertificateDate, datesIn } from '../../runtime/tls/certificate-dates.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import type { Relay } from '../../store/delivery/relay.ts';
import type { Partner } from './partners/partner.ts';
import type { PlatformBackend } from './platform-backend.ts';
import { activity } from './reports/activity.ts';

export function platformFeature({ database, log, metrics, certificates }: ServerParts): Feature<PlatformBackend> {
  let announcing: Relay | undefined;
  let known: PlatformBackend | undefined;
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
      certificates.add(() => registry.all.flatMap(({ partner }) => certificatesOf(partner)));
      mountPlain(app, '/activity', options, (request) => activity(database, registry, request));
    },
    start({ backend }) {
      known = backend;
      announcing = backend.announcer.start(log);
    },
    reload: () => known?.registry.reload(),
    close: () => announcing?.close(),
  };
}

/** A partner's own certificate and authority. */
function certificatesOf({ id, identity }: Partner): CertificateDate[] {
  return Object.entries({ cert: identity.cert, ca: identity.ca }).flatMap(([name, pem]) =>
    pem === undefined ? [] : datesIn(`partner ${id} ${name}`, String(pem)),
  );
}
