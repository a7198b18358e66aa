/**
 * `creneau outbox list [waiting|delivered|failed]` and `creneau outbox retry DESTINATION|ID...`: calls the running
 * server (`--to`, or the one that the data folder names; with `--to-token` or `--to-cert` if it asks for one), or reads
 * the database if no server runs. Both ways use the same operations.
 */
import type { Context } from '../../fhir/interaction.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import { outboxOperations } from '../../rest/operations/outbox-operations.ts';
import type { Config } from '../../runtime/config.ts';
import { runningServer } from '../../store/engine/lock-file.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { openCommandDatabase } from './command-database.ts';
import { openRemote } from './remote.ts';

type CallOperation = (operation: 'outbox' | 'outbox-retry', query: string, resource?: Resource) => Promise<Json>;

export async function outbox(
  config: Config,
  [action, ...names]: readonly string[],
  now: () => number = Date.now,
): Promise<void> {
  if (action === 'list') {
    const state = names.length === 0 ? '' : `&state=${encodeURIComponent(names[0]!)}`;
    return withOperations(config, now, async (call) => print(await call('outbox', `_count=1000${state}`)));
  }
  if (action !== 'retry' || names.length === 0)
    throw new Error('outbox list [waiting|delivered|failed] | outbox retry DESTINATION|ID...');
  const isIds = names.every((name) => /^\d+$/.test(name));
  const parameter = names.map((name) =>
    isIds ? { name: 'id', valueString: name } : { name: 'destination', valueString: name },
  );
  await withOperations(config, now, async (call) => {
    const answer = await call('outbox-retry', '', { resourceType: 'Parameters', parameter });
    process.stdout.write(`${answer.parameter[0].valueInteger} remis en route / tried again\n`);
  });
}

async function withOperations(
  config: Config,
  now: () => number,
  work: (call: CallOperation) => Promise<void>,
): Promise<void> {
  const server = config.to ?? (config.databaseUrl === undefined ? runningServer(config.data) : undefined);
  if (server !== undefined) {
    const remote = openRemote(server, config);
    return work((operation, query, resource) =>
      remote.ask(
        resource === undefined ? 'GET' : 'POST',
        `$${operation}${query && '?'}${query}`,
        resource && JSON.stringify(resource),
      ),
    ).finally(() => remote.close());
  }
  const database = await openCommandDatabase(config, 1);
  const operations = outboxOperations(new Outbox(database));
  const context: Context = {
    now: now(),
    requestId: 'outbox',
    caller: 'outbox',
    roles: ['*'],
    strict: false,
    base: '',
  };
  try {
    await work(
      async (name, query, resource) =>
        (
          await operations
            .find((operation) => operation.name === name)!
            .run(context, { method: 'GET', query, resource })
        ).resource,
    );
  } finally {
    await database.close();
  }
}

function print({ parameter = [] }: Json): void {
  for (const item of parameter) {
    const part = Object.fromEntries(
      (item.part ?? []).map((value: Json) => [
        value.name,
        value.valueString ?? value.valueInteger ?? value.valueInstant,
      ]),
    );
    if (item.name === 'destination')
      process.stdout.write(
        `${part['name']} : ${part['waiting']} en attente / waiting, ${part['failed']} refusés / ` +
          `failed, ${part['delivered']} remis / delivered\n`,
      );
    if (item.name === 'item')
      process.stdout.write(
        `${part['id']}  ${part['destination']}  ${part['key']}  ${part['state']}  ${part['attempts']}×  ` +
          `${part['created']}${part['error'] === undefined ? '' : `  ${part['error']}`}\n`,
      );
  }
}
