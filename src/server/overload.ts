/** How much a server of these settings takes on at once, and its figures. */
import { Turns } from '../rest/turns.ts';
import type { Config } from '../runtime/config.ts';
import type { Metrics } from '../runtime/metrics.ts';

/** A search on the platform waits for its partners, and costs little meanwhile. */
const PLATFORM_TURNS = 1_000;

export function openTurns(config: Config, server: 'agenda' | 'platform', metrics: Metrics): Turns {
  const usual = server === 'agenda' ? config.databaseConnections : PLATFORM_TURNS;
  const turns = new Turns(config.maxConcurrent === 0 ? usual : config.maxConcurrent);
  const refused = (): number => Object.values(turns.figures().refused).reduce((sum, count) => sum + count, 0);
  const gauge = (name: string, help: string, read: () => number): void => metrics.gauge(name, help, read, 'sum');
  gauge('creneau_requests_working', 'Requests under way', () => turns.figures().working);
  gauge('creneau_requests_waiting', 'Requests that wait for their turn', () => turns.figures().waiting);
  gauge('creneau_requests_turned_away', 'Requests turned away (503), because their turn would come too late', refused);
  return turns;
}
