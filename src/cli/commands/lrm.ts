/**
 * `creneau lrm CLIENT`: plays a dispatch software. It prints each message, writes it to a journal (NDJSON) if one is
 * configured, and answers.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { Config } from '../../runtime/config.ts';
import { openLog } from '../../runtime/log.ts';
import { openBroker } from '../../sas/hub/amqp.ts';
import { type LrmEntry, LrmState, playLrm } from '../../sas/hub/lrm.ts';
import { brokerSettings } from '../../sas/hub/broker-settings.ts';
import { untilConnected } from './broker-wait.ts';
import { untilSignal } from './signal.ts';

export async function serveLrm(config: Config, [clientId, ...more]: readonly string[]): Promise<void> {
  if (clientId === undefined || more.length > 0)
    throw new Error('creneau lrm CLIENT : son identifiant client / its client id, fr.health.samu330');
  const journal = config.lrmJournal;
  const state = new LrmState(journal === undefined ? [] : readJournal(journal));
  const broker = openBroker(brokerSettings(config, `creneau lrm ${clientId}`), openLog(config.logLevel));
  await untilConnected(broker);
  const file = journal === undefined ? undefined : openSync(journal, 'a');
  const record = (entry: LrmEntry): void => {
    if (file === undefined) return;
    writeSync(file, `${JSON.stringify(entry)}\n`);
    fsyncSync(file);
  };
  const lrm = playLrm({
    broker,
    clientId,
    exchange: config.hubExchange,
    state,
    attitude: config.lrmAttitude,
    record,
    show: (line) => process.stdout.write(`${line}\n`),
    now: Date.now,
  });
  process.stdout.write(
    `LRM ${clientId} : à l'écoute / listening, ${state.appointments.size} rendez-vous connus / known\n`,
  );
  await untilSignal();
  await lrm.close();
  await broker.close();
  if (file !== undefined) closeSync(file);
}

/** Removes a last line that a sudden end cut off: it was never answered, so the Hub sends its message again. */
export function readJournal(path: string): LrmEntry[] {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
  if (whole.length < bytes.length) truncateSync(path, whole.length);
  return whole
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LrmEntry);
}
