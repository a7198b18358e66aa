/** A progress bar on standard error, through cli-progress (its only door); plain lines where there is no terminal. */
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  step(count?: number): void;
  done(): void;
}

export function progress(label: string, total: number): Progress {
  if (!process.stderr.isTTY) {
    process.stderr.write(`${label}…\n`);
    return { step() {}, done() {} };
  }
  const bar = new SingleBar(
    { format: `${label} {bar} {percentage}% {value}/{total}`, stream: process.stderr, hideCursor: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { step: (count = 1) => bar.increment(count), done: () => bar.stop() };
}
