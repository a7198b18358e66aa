/** The `creneau` command: names, options, exit codes. Each command has a file of its own. */
import { FhirError } from '../fhir/issue.ts';
import { type CommandLine, readConfig } from '../runtime/config.ts';
import { siblings } from '../runtime/siblings.ts';
import { helpOf } from '../runtime/options/help.ts';

interface Command {
  name: string;
  arguments: string;
  french: string;
  english: string;
  run: (line: CommandLine) => Promise<void>;
}

/** Width of the names in the list of commands. */
const NAME_COLUMNS = 31;

/** A command is loaded when it is called, so that `--help` needs no database. */
const COMMANDS: readonly Command[] = [
  {
    name: 'agenda',
    arguments: '',
    french: "le serveur d'agendas",
    english: 'the agenda server',
    run: async (line) => (await import('./commands/serve.ts')).serveAgenda(line),
  },
  {
    name: 'platform',
    arguments: '',
    french: 'la plateforme SAS : interroge les éditeurs, reçoit les rendez-vous',
    english: 'the SAS platform: asks the editors, receives appointments',
    run: async (line) => (await import('./commands/serve.ts')).servePlatform(line),
  },
  {
    name: 'partner',
    arguments: '--mood MOOD',
    french: 'un éditeur simulé, pour essayer la plateforme',
    english: 'a simulated editor, to try the platform with',
    run: async ({ config }) => (await import('./commands/serve.ts')).servePartner(config),
  },
  {
    name: 'demo',
    arguments: '',
    french: "le serveur d'agendas avec un territoire fictif, et une plateforme SAS",
    english: 'the agenda server with a fictional territory, and a SAS platform',
    run: async ({ config }) => (await import('./commands/serve.ts')).serveDemo(config),
  },
  {
    name: 'load',
    arguments: 'FILE...',
    french: 'charge des ressources : Bundles JSON ou NDJSON',
    english: 'loads resources: JSON Bundles or NDJSON',
    run: async ({ config, files }) => (await import('./commands/load.ts')).load(config, files),
  },
  {
    name: 'export',
    arguments: 'DIR',
    french: 'écrit toutes les ressources en NDJSON, un fichier par type',
    english: 'writes all resources as NDJSON, one file per type',
    run: async ({ config, files }) => (await import('./commands/export.ts')).exportAll(config, files),
  },
  {
    name: 'load-places',
    arguments: 'FILE',
    french: 'charge la liste officielle des communes (JSON ou CSV)',
    english: 'loads the official list of communes (JSON or CSV)',
    run: async ({ config, files }) => (await import('./commands/load-towns.ts')).loadPlaces(config, files),
  },
  {
    name: 'load-directory',
    arguments: 'FILE|URL...',
    french: 'charge ou met à jour l’Annuaire Santé : NDJSON, Bundles FHIR, extractions ouvertes (--dry-run)',
    english: 'loads or updates the national directory: NDJSON, FHIR Bundles, open extracts (--dry-run)',
    run: async ({ config, files }) => (await import('./commands/load-directory.ts')).loadDirectory(config, files),
  },
  {
    name: 'mirror',
    arguments: '--from URL --to URL',
    french: 'tient les mêmes agendas sur deux serveurs, par les flux de GAP',
    english: 'keeps the same agendas on two servers, by the flows of GAP',
    run: async ({ config }) => (await import('./commands/mirror.ts')).mirror(config),
  },
  {
    name: 'validate',
    arguments: 'FILE|FOLDER...',
    french: 'valide des ressources : R4, profils GAP, FR Core et SAS',
    english: 'validates resources: R4, the GAP, FR Core and SAS profiles',
    run: async ({ config, files }) => (await import('./commands/validate.ts')).validate(config, files),
  },
  {
    name: 'migrate',
    arguments: '',
    french: 'met la base de données à niveau, puis s’arrête',
    english: 'brings the database to this version, then stops',
    run: async ({ config }) => (await import('./commands/migrate.ts')).migrateDatabase(config),
  },
  {
    name: 'check',
    arguments: '[--repair]',
    french: 'vérifie que la base est cohérente, et la répare',
    english: 'checks that the database is consistent, and mends it',
    run: async ({ config }) => (await import('./commands/check.ts')).check(config),
  },
  {
    name: 'secrets',
    arguments: 'check | reseal',
    french: 'chiffre les secrets de la base avec la première clé (--secret-key), ou dit lesquels ne le sont pas',
    english: 'seals the secrets of the database with the first key (--secret-key), or says which are not',
    run: async ({ config, files }) => (await import('./commands/secrets.ts')).secretsCommand(config, files),
  },
  {
    name: 'restored',
    arguments: '',
    french: 'dit que la base a été remise à un état antérieur (copie de disque, de dossier)',
    english: 'says that the database was put back to an earlier state (disk snapshot, copied folder)',
    run: async ({ config }) => (await import('./commands/restored.ts')).declareRestored(config),
  },
  {
    name: 'config',
    arguments: 'check [local]',
    french: 'essaie les réglages : fichiers, certificats ; et, sans « local », base, courtier, courriel, identité',
    english: 'tries the settings: files, certificates; and, without "local", database, broker, mail, identity',
    run: async ({ config, files }) => (await import('./commands/config-check.ts')).checkConfig(config, files),
  },
  {
    name: 'hub',
    arguments: 'CLIENT...',
    french: 'joue le Hub Santé sur un courtier AMQP, pour essai',
    english: 'plays the Hub Santé on an AMQP broker, to try with',
    run: async ({ config, files }) => (await import('./commands/hub.ts')).serveHub(config, files),
  },
  {
    name: 'lrm',
    arguments: 'CLIENT',
    french: 'joue un logiciel de régulation (LRM), pour essai',
    english: 'plays a dispatch software (LRM), to try with',
    run: async ({ config, files }) => (await import('./commands/lrm.ts')).serveLrm(config, files),
  },
  {
    name: 'insi',
    arguments: '',
    french: 'joue le téléservice INSi, pour essai (--insi)',
    english: 'plays the teleservice INSi, to try with (--insi)',
    run: async ({ config }) => (await import('./commands/insi.ts')).serveInsi(config),
  },
  {
    name: 'outbox',
    arguments: 'list [STATE] | retry DEST|ID...',
    french: 'ce qui attend d’être remis à d’autres, ou a été refusé ; le remet en route',
    english: 'what waits to be delivered, or was refused; tries it again',
    run: async ({ config, files }) => (await import('./commands/outbox.ts')).outbox(config, files),
  },
  {
    name: 'audit',
    arguments: 'export [SINCE [UNTIL]]',
    french: 'écrit le journal d’accès (AuditEvent, NDJSON) entre deux dates',
    english: 'writes the audit trail (AuditEvent, NDJSON) between two dates',
    run: async ({ config, files }) => (await import('./commands/audit.ts')).audit(config, files),
  },
  {
    name: 'accounts',
    arguments: 'reset',
    french: 'désactive les comptes régulateurs d’un agenda (--to …/sas), avant un nouveau passage du kit de l’ANS',
    english: 'deactivates the regulator accounts of an agenda (--to .../sas), before the national kit runs again',
    run: async ({ config, files }) => (await import('./commands/accounts.ts')).accounts(config, files),
  },
  {
    name: 'certs',
    arguments: 'DIR [NAME]',
    french: 'écrit des certificats pour essayer le TLS mutuel ; avec NAME, en révoque un',
    english: 'writes certificates to try mutual TLS with; with NAME, revokes one',
    run: async ({ config, files }) => (await import('./commands/certs.ts')).certs(config, files),
  },
];

export async function main(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv;
  const command = COMMANDS.find((command) => command.name === name);
  if (command === undefined) {
    process.stdout.write(`${usage()}\n`);
    process.exitCode = name === undefined || name === '--help' || name === '-h' || name === 'help' ? 0 : 2;
    return;
  }
  try {
    const line = readConfig(rest);
    if (line.help)
      process.stdout.write(
        `creneau ${command.name} ${command.arguments}\n  ${command.french}\n  ${command.english}\n\n${helpOf()}\n`,
      );
    else await command.run(line);
  } catch (error) {
    process.stderr.write(`creneau ${command.name} : ${reasonOf(error)}\n`);
    // Each command closes what it has opened: then the process ends by itself.
    process.exitCode = error instanceof FhirError ? 1 : 2;
    // Its channel to the process that started it keeps a worker alive.
    if (siblings() !== undefined) process.exit();
  }
}

/** In French and English, with the cause: a command has no log where an operator could look for it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof FhirError)) return (error as Error).message;
  const { text, diagnostics } = error.issues[0]!;
  const { code, message } = (error.cause ?? {}) as { code?: string; message?: string };
  const cause = [code, message].filter((part) => part !== undefined && part !== '').join(' ');
  return [text, diagnostics, cause].filter((part) => part !== undefined && part !== '').join('\n  ');
}

function usage(): string {
  const list = COMMANDS.map(({ name, arguments: args, french, english }) => {
    const call = `creneau ${name} ${args}`.padEnd(NAME_COLUMNS);
    return `  ${call} ${french}\n${' '.repeat(NAME_COLUMNS + 3)}${english}`;
  }).join('\n');
  return `Créneau — agendas partagés (FHIR R4, GAP)\n\n${list}\n\n  creneau COMMANDE --help         options / options`;
}
