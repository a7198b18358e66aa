/**
 * The certificates of a server: how long they last, for operators, for `/metrics`, and in the log from thirty days
 * before the end of each.
 */
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { type CertificateDate, certificateDates } from './certificate-dates.ts';

const DAY = 86_400_000;
const SOON_MS = 30 * DAY;
const LOOK_MS = 3_600_000;

export interface CertificateWatch {
  /** Adds certificates that no option names, as they are whenever somebody asks. */
  add(source: () => readonly CertificateDate[]): void;
  dates(): CertificateDate[];
  /** Announces those that end soon, now and once a day. */
  start(): void;
  close(): void;
}

/** `files`: options and paths of PEM files. `now`: epoch milliseconds. */
export function openCertificateWatch(
  files: readonly (readonly [option: string, path: string | undefined])[],
  { log, metrics, now }: { log: Log; metrics: Metrics; now: () => number },
): CertificateWatch {
  const sources: (() => readonly CertificateDate[])[] = [() => certificateDates(files)];
  const announced = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const dates = (): CertificateDate[] => sources.flatMap((source) => source());
  const ends = (): number[] => dates().flatMap(({ until }) => (until === undefined ? [] : [until]));
  metrics.gauge(
    'creneau_certificates_expiry_timestamp_seconds',
    'End of the certificate that ends first, of all that this server shows or trusts',
    () => (ends().length === 0 ? Number.NaN : Math.min(...ends()) / 1000),
    'min',
  );
  const look = (): void => {
    for (const { option, subject, until } of dates()) {
      const key = `${option} ${subject} ${until}`;
      if (until === undefined || until - now() > SOON_MS || now() - (announced.get(key) ?? 0) < DAY) continue;
      announced.set(key, now());
      const fields = { certificate: option, subject, until: new Date(until).toISOString() };
      const days = Math.floor((until - now()) / DAY);
      if (days < 0) log.error(fields, 'a certificate has expired');
      else log.warn({ ...fields, days }, 'a certificate expires soon');
    }
  };
  return {
    add: (source) => void sources.push(source),
    dates,
    start() {
      look();
      timer = setInterval(look, LOOK_MS);
      timer.unref();
    },
    close: () => clearInterval(timer),
  };
}
