/** Options: the audit trail of accesses, and how long data are kept. */
import type { OptionTable } from './option.ts';
import { keep, text, whole } from './values.ts';

export const auditOptions = {
  keep: {
    flag: 'keep',
    variable: 'CRENEAU_KEEP',
    value: 'TYPE=MONTHS',
    repeatable: true,
    read: keep,
    french:
      'mois gardés : Appointment et Slot après leur début, Patient sans rendez-vous ni changement ; ensuite, effacés ' +
      'avec toutes leurs versions ; répétable ; sans cela, tout est gardé (docs/rgpd.md)',
    english:
      'months kept: Appointment and Slot after their start, Patient without appointments or changes; then they are ' +
      'erased with all their versions; repeatable; without it everything is kept (docs/rgpd.md)',
  },
  auditMonths: {
    flag: 'audit-months',
    variable: 'CRENEAU_AUDIT_MONTHS',
    value: 'N',
    fallback: '36',
    read: whole(1, 1200),
    french: "journal d'accès : mois gardés, outre celui qui court ; au-delà, un mois est effacé en entier",
    english: 'audit trail: months that are kept besides the present one; older months are dropped whole',
  },
  auditSpool: {
    flag: 'audit-spool',
    variable: 'CRENEAU_AUDIT_SPOOL',
    value: 'DIR',
    read: text,
    french:
      "journal d'accès : dossier local (un disque qui survit au processus) où les accès attendent la base ; " +
      'sans cela, « audit » dans le dossier de --data',
    english:
      'audit trail: local folder (on a disk that outlives the process) where accesses wait for the database; ' +
      'without it, "audit" in the folder of --data',
  },
  securityLog: {
    flag: 'security-log',
    variable: 'CRENEAU_SECURITY_LOG',
    value: 'FILE',
    read: text,
    french:
      'journal de sécurité (connexions, déconnexions, refus), une ligne JSON chacun ; ' +
      'sans cela, dans le journal, où ces lignes portent "log":"security"',
    english:
      'security log (logins, logouts, refusals), a line of JSON each; ' +
      'without it in the log, where these lines have "log":"security"',
  },
  auditSpoolMegabytes: {
    flag: 'audit-spool-megabytes',
    variable: 'CRENEAU_AUDIT_SPOOL_MEGABYTES',
    value: 'N',
    fallback: '512',
    read: whole(1, 1_000_000),
    french: "journal d'accès : ce qui peut attendre la base ; au-delà, plus rien n'est servi (503)",
    english: 'audit trail: how much may wait for the database; beyond it nothing is served (503)',
  },
} as const satisfies OptionTable;
