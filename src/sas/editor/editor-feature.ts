/**
 * The SAS side of the agenda server: slot searches and accounts at `/sas`, the page on which regulators arrive, and
 * reports of appointments to the platform.
 */
import type { RuleServices } from '../../agenda/rules/services.ts';
import { mount } from '../../rest/server.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { ReportReader } from '../../store/records/reports.ts';
import { CONTRACT } from '../contract/contract.ts';
import { RegulatorAccounts } from './accounts/accounts.ts';
import { Arrival } from './arrival/arrival.ts';
import { EditorBackend } from './editor-backend.ts';
import { ReportRules } from './reports/report-rules.ts';
import { type ReportSender, startReportSender } from './reports/report-sender.ts';
import { WalkInRule } from './walk-in-rule.ts';
import { sasPreview } from './search/preview.ts';

/** System of the places' identifiers, unless the settings give the editor its own. */
const PLACE_SYSTEM = 'urn:creneau:fhir:place';

export interface EditorFeature extends Feature {
  backend: EditorBackend;
}

export function editorFeature({ config, database, log }: ServerParts, agenda: RuleServices): EditorFeature {
  const { editorSystem, sasPlatformUrl: url } = config;
  const contract = CONTRACT[config.sasVersion];
  const accounts = new RegulatorAccounts(database, contract);
  const settings = {
    contract,
    editorSystem: editorSystem ?? PLACE_SYSTEM,
    windowDays: config.maxWindowDays,
  };
  const reports = { contract, editorSystem: editorSystem! };
  const editor = new EditorBackend(agenda, accounts, settings);
  let sender: ReportSender | undefined;
  return {
    name: 'sas',
    backend: editor,
    operations: () => [sasPreview(agenda, editor.searches, contract)],
    followers: [
      new WalkInRule(agenda),
      ...(url === undefined ? [] : [new ReportRules(new ReportReader(database), accounts, reports)]),
    ],
    mount(app, { backend, service, options, page }) {
      mount(app, '/sas', { ...service, backend: editor }, options);
      page('/rdv', new Arrival(agenda, backend, editor.searches));
    },
    start() {
      if (url === undefined) return;
      const link = { url, certificate: config.sasClientCert, key: config.sasClientKey, authorities: config.sasCa };
      sender = startReportSender({ outbox: new Outbox(database), link, log, contract });
    },
    reload: () => sender?.reload(),
    async close() {
      await sender?.close();
    },
  };
}
