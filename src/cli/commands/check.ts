/**
 * `creneau check [--repair]`: does what the database holds agree with itself? Exit status 0: it does, or was
 * repaired; 1: it does not.
 */
import type { Config } from '../../runtime/config.ts';
import { checkDatabase } from '../../store/check/check-database.ts';
import { openCommandDatabase } from './command-database.ts';

/** Of each check as many are shown. */
const MAX_SHOWN = 20;

export async function check(config: Config): Promise<void> {
  const database = await openCommandDatabase(config);
  try {
    const findings = await checkDatabase(database, { repair: config.repair });
    for (const { check, found, left } of findings) {
      const repaired = config.repair ? `, ${left.length} restants / left` : '';
      process.stdout.write(`${check.name} : ${found.length}${repaired}\n  ${check.french} / ${check.english}\n`);
      const shown = config.repair && left.length === 0 ? [] : left;
      for (const what of shown.slice(0, MAX_SHOWN)) process.stdout.write(`  ${what}\n`);
      if (shown.length > MAX_SHOWN) process.stdout.write(`  … ${shown.length - MAX_SHOWN} autres / others\n`);
    }
    const isClean = findings.every(({ left }) => left.length === 0);
    if (!isClean) process.exitCode = 1;
    process.stdout.write(isClean ? 'Base cohérente. / Database consistent.\n' : 'Base incohérente. / Inconsistent.\n');
  } finally {
    await database.close();
  }
}
