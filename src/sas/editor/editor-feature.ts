/**
 * The SAS side of the agenda server: slot searches and accounts at `/sas`, the page on which regulators arrive, and
 * reports of appointments to the platform.
 */
import type { RuleServices } from '../../agenda/rules/services.ts';
import { mount } from '../../rest/server.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { ReportReader } from '../../store/records/reports.ts';
import { CURRENT } from '../contract/contract.ts';
import { AccessLog } from './accounts/access-log.ts';
import { RegulatorAccounts } from './accounts/accounts.ts';
import { Arrival } from './arrival/arrival.ts';
import { EditorBackend } from './editor-backend.ts';
import { ReportRules } from './reports/report-rules.ts';
import { startReportSender } from './reports/report-sender.ts';
import { sasPreview } from './search/preview.ts';

/** System of the places' identifiers, unless the settings give the editor its own. */
const PLACE_SYSTEM = 'urn:creneau:fhir:place';

export interface EditorFeature extends Feature {
  backend: EditorBackend;
}

export function editorFeature({ config, database, log }: ServerParts, agenda: RuleServices): EditorFeature {
  const { editorSystem, sasPlatformUrl: url } = config;
  const accessLog = new AccessLog(database, log);
  const accounts = new RegulatorAccounts(database, CURRENT);
  const settings = {
    contract: CURRENT,
    editorSystem: editorSystem ?? PLACE_SYSTEM,
    windowDays: config.maxWindowDays,
  };
  const reports = { contract: CURRENT, editorSystem: editorSystem! };
  const editor = new EditorBackend(agenda, accounts, settings, accessLog);
  let sender: { close(): Promise<void> } | undefined;
  return {
    name: 'sas',
    backend: editor,
    operations: () => [sasPreview(agenda, editor.searches, CURRENT)],
    followers: url === undefined ? [] : [new ReportRules(new ReportReader(database), accounts, reports)],
    mount(app, { backend, service, options, page }) {
      mount(app, '/sas', { ...service, backend: editor }, options);
      page('/rdv', new Arrival(agenda, backend, editor.searches));
    },
    start() {
      if (url === undefined) return;
      const link = { url, certificate: config.sasClientCert, key: config.sasClientKey, authorities: config.sasCa };
      sender = startReportSender({ outbox: new Outbox(database), link, log, contract: CURRENT });
    },
    async close() {
      await sender?.close();
      await accessLog.close();
    },
  };
}
