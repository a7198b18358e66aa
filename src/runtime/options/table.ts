/** All options: one table to read them by, and their order in the help. */
import { accessOptions } from './access.ts';
import { agendaOptions } from './agenda.ts';
import { auditOptions } from './audit.ts';
import { conformanceOptions } from './conformance.ts';
import { directoryOptions } from './directory.ts';
import { demoOptions } from './demo.ts';
import { followerOptions } from './follower.ts';
import { hubOptions } from './hub.ts';
import { limitsOptions } from './limits.ts';
import { mirrorOptions } from './mirror.ts';
import type { OptionTable } from './option.ts';
import { publicOptions } from './public.ts';
import { remoteOptions } from './remote.ts';
import { sasOptions } from './sas.ts';
import { serverOptions } from './server.ts';
import { smsOptions } from './sms.ts';
import { telemetryOptions } from './telemetry.ts';

/** By the name of their value in `Config`. */
export const OPTIONS = {
  ...serverOptions,
  ...accessOptions,
  ...auditOptions,
  ...limitsOptions,
  ...telemetryOptions,
  ...agendaOptions,
  ...publicOptions,
  ...conformanceOptions,
  ...followerOptions,
  ...smsOptions,
  ...sasOptions,
  ...hubOptions,
  ...demoOptions,
  ...remoteOptions,
  ...directoryOptions,
  ...mirrorOptions,
};

interface OptionSection {
  french: string;
  english: string;
  options: OptionTable;
}

/** The sections of the help. */
export const SECTIONS: readonly OptionSection[] = [
  { french: 'Serveur', english: 'Server', options: serverOptions },
  { french: 'Accès', english: 'Access', options: accessOptions },
  { french: "Journal d'accès", english: 'Audit trail', options: auditOptions },
  { french: 'Limites', english: 'Limits', options: limitsOptions },
  { french: 'Supervision', english: 'Monitoring', options: telemetryOptions },
  { french: 'Agendas', english: 'Agendas', options: agendaOptions },
  { french: 'Pages publiques', english: 'Public pages', options: publicOptions },
  { french: 'Conformité', english: 'Conformance', options: conformanceOptions },
  { french: 'Abonnements et messages', english: 'Subscriptions and mail', options: followerOptions },
  { french: 'SMS', english: 'Short messages', options: smsOptions },
  { french: 'SAS', english: 'SAS', options: sasOptions },
  { french: 'Hub Santé', english: 'Hub Santé', options: hubOptions },
  { french: 'Démonstration', english: 'Demonstration', options: demoOptions },
  { french: 'Serveur appelé par une commande', english: 'Server that a command calls', options: remoteOptions },
  { french: 'Annuaire Santé', english: 'National directory', options: directoryOptions },
  { french: 'Miroir de deux serveurs', english: 'Mirror of two servers', options: mirrorOptions },
];
