/**
 * The SAS face of the agenda server, wired: slot searches and accounts at `/sas`, reports of appointments to the
 * platform.
 */
import type { AgendaBackend } from '../../agenda/agenda-backend.ts';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../runtime/log.ts';
import { AccessLog } from '../../sas/editor/accounts/access-log.ts';
import { EditorBackend } from '../../sas/editor/editor-backend.ts';
import { sasPreview } from '../../sas/editor/search/preview.ts';
import { ReportRules } from '../../sas/editor/reports/report-rules.ts';
import { startReportSender } from '../../sas/editor/reports/report-sender.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { ReportReader } from '../../store/records/reports.ts';

/** System of the places' identifiers where the editor has none of its own. */
const PLACES = 'urn:creneau:fhir:place';

export interface SasFace {
  backend: EditorBackend;
  close(): Promise<void>;
}

export function openSasFace(config: Config, agenda: AgendaBackend, log: Log): SasFace {
  const { database } = agenda.repository;
  const accessLog = new AccessLog(database, log);
  const backend = new EditorBackend(
    agenda,
    { editorSystem: config.editorSystem ?? PLACES, windowDays: config.maxWindowDays },
    accessLog,
  );
  agenda.operations.push(sasPreview(agenda, backend.searches));
  const { sasPlatformUrl: url, sasClientCert: certificate, sasClientKey: key, sasCa: authorities } = config;
  const sender =
    url === undefined
      ? undefined
      : startReportSender({ outbox: new Outbox(database), link: { url, certificate, key, authorities }, log });
  if (sender !== undefined)
    agenda.followers.push(new ReportRules(new ReportReader(database), backend.accounts, config.editorSystem!));
  return {
    backend,
    async close() {
      await sender?.close();
      await accessLog.close();
    },
  };
}
