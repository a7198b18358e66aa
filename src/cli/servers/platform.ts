/** `creneau platform`: the SAS platform, as a list of features. */
import { PLATFORM_ACCESS } from '../../rest/access/table.ts';
import type { Config } from '../../runtime/config.ts';
import { CONTRACT } from '../../sas/contract/contract.ts';
import { hubFeature } from '../../sas/hub/hub-feature.ts';
import { openPartnersFile } from '../../sas/platform/partners/partners-file.ts';
import { PlatformBackend } from '../../sas/platform/platform-backend.ts';
import { platformFeature } from '../../sas/platform/platform-feature.ts';
import { RegulatorLogin } from '../../sas/platform/reports/regulator-login.ts';
import { type RunningServer, type ServerPlan, startServer } from '../../server/start.ts';
import type { Town } from '../../towns/town.ts';

export type PlatformServer = RunningServer<PlatformBackend>;

/** Practitioners of one search: as many as anybody asks for. */
const MAX_OR_VALUES = 20_000;

export const PLATFORM: ServerPlan<PlatformBackend, object> = {
  name: 'platform',
  access: PLATFORM_ACCESS,
  limits: (config) => ({ orValues: Math.max(config.maxOrValues, MAX_OR_VALUES) }),
  open(parts) {
    const { config, database, log, now, closing, metrics } = parts;
    const contract = CONTRACT[config.sasVersion];
    const settings = {
      contract,
      partners: openPartnersFile(config.partners),
      identity: { cert: config.partnerCert, key: config.partnerKey, ca: config.partnerCa },
      defaultPage: config.defaultPage,
      maxPage: config.maxPage,
      observe: metrics.observePartner,
    };
    return {
      features: [platformFeature(parts), hubFeature(parts)],
      async backend(features) {
        const backend = new PlatformBackend(database, settings, log, now, features);
        closing.add('partners', () => backend.close());
        await backend.start();
        return backend;
      },
      accounts(backend) {
        const regulators = new RegulatorLogin(backend.repository, backend.announcer, contract, log);
        return (identity) => regulators.of(identity);
      },
      exposed: {},
    };
  },
};

/** `towns`: found beside those of the official list. */
export function startPlatform(
  config: Config,
  testClock: (() => number) | undefined = undefined,
  towns: readonly Town[] = [],
): Promise<PlatformServer> {
  return startServer(config, testClock, { ...PLATFORM, towns });
}
