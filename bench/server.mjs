/** A server of its own process, and what the kernel says of it; figures. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `{child, url}` of `creneau COMMAND`, once it listens on a free port. */
export function startServer(command, args, environment = {}) {
  const child = spawn('bin/creneau', [command, '--port', '0', '--log-level', 'error', ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /(https?:\/\/127\.0\.0\.1:\d+)\/fhir /.exec(text)?.[1];
      if (found) resolve({ child, url: found });
    });
    child.on('exit', (code) => reject(new Error(`creneau ${command} ended: ${code}`)));
  });
}

export function stopServer({ child }) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  return ended;
}

/** User and system time of a process, threads included, in ms. The clock of /proc ticks 100 times a second. */
export function cpuOf({ child }) {
  const [utime, stime] = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .split(') ')[1]
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (utime + stime) * 10;
}

/** MB; `VmHWM` is the highest so far. */
export function memoryOf({ child }, what = 'VmRSS') {
  return Math.round(
    Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
  );
}

export function quantile(values, q, digits = 1) {
  const sorted = [...values].sort((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))], digits);
}

export function round(value, digits = 0) {
  return Number(value.toFixed(digits));
}
