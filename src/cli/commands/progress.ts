/** A progress bar on standard error (only this file imports cli-progress); without a terminal, a plain line. */
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
