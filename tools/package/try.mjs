/**
 * `npm run package -- --try`: installs the Debian package in a fresh Debian, starts the server as its own user, books
 * nothing, and stops it. Needs root and debootstrap. The units are judged by systemd-analyze where it is installed.
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.mjs';

const PORT = 18_080;
const WAIT_MS = 60_000;
/** systemd-analyze security gives 0 (closed) to 100 (open). */
const MAX_EXPOSURE = 25;

export async function tryPackage(folder) {
  const root = mkdtempSync(join(tmpdir(), 'creneau-debian-'));
  // The user of the service must pass through it.
  chmodSync(root, 0o755);
  try {
    const [mirror, suite] = source();
    const include = '--include=adduser,ca-certificates,libstdc++6';
    run('debootstrap', ['--variant=minbase', include, suite, root, mirror], { stdio: ['ignore', 'ignore', 'inherit'] });
    const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
    cpSync(join(folder, file), join(root, file));
    run('chroot', [root, 'dpkg', '-i', `/${file}`]);
    await startIn(root);
    judgeUnits(root);
    run('chroot', [root, 'dpkg', '--purge', 'creneau']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  console.log('installed, started, stopped, removed: ok');
}

/** The mirror and the release that this machine itself takes its packages from. */
function source() {
  const format = ['--format', '$(SITE) $(RELEASE)', 'Created-By: Packages'];
  const list = run('apt-get', ['indextargets', ...format], { stdio: ['ignore', 'pipe', 'inherit'] });
  return list.split('\n')[0].split(' ');
}

async function startIn(root) {
  const command = `PORT=${PORT} CRENEAU_DATA=/var/lib/creneau/agenda creneau agenda --config /etc/creneau/agenda.env`;
  const server = spawn('chroot', ['--userspec=creneau:creneau', root, 'sh', '-c', `exec env ${command}`], {
    stdio: 'inherit',
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    await untilReady(ended);
  } finally {
    server.kill('SIGTERM');
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the server ended with ${code}`);
}

async function untilReady(ended) {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (const until = Date.now() + WAIT_MS; Date.now() < until && !over; ) {
    const reply = await fetch(`http://127.0.0.1:${PORT}/health/ready`).catch(() => undefined);
    if (reply?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the installed server did not become ready');
}

function judgeUnits(root) {
  for (const unit of ['creneau.service', 'creneau-platform.service']) {
    const path = join(root, 'usr/lib/systemd/system', unit);
    run('systemd-analyze', ['security', '--no-pager', '--offline=true', `--threshold=${MAX_EXPOSURE}`, path], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}
