/** The same tree as a Debian package: `/usr/lib/creneau`, the services, and settings in `/etc/creneau`. */
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitTime, ROOT, run } from './run.mjs';

const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };
const SETTINGS = ['agenda.env', 'platform.env'];

export function debianPackage({ tree, work, version, to }) {
  const root = join(work, 'debian');
  const folder = (path) => {
    mkdirSync(join(root, path), { recursive: true });
    return join(root, path);
  };
  // Links as they are: else they would lead to the folder of the build.
  cpSync(tree, folder('usr/lib/creneau'), { recursive: true, verbatimSymlinks: true });
  cpSync(join(tree, 'docs'), folder('usr/share/doc/creneau'), { recursive: true });
  cpSync(join(ROOT, 'LICENSE'), join(root, 'usr/share/doc/creneau/copyright'));
  for (const unit of ['creneau.service', 'creneau-platform.service'])
    cpSync(join(ROOT, 'packaging/systemd', unit), join(folder('usr/lib/systemd/system'), unit));
  for (const file of SETTINGS) cpSync(join(ROOT, 'packaging/debian', file), join(folder('etc/creneau'), file));
  symlinkSync('../lib/creneau/bin/creneau', join(folder('usr/bin'), 'creneau'));
  writeControl(folder('DEBIAN'), version);
  run('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', root, to], {
    env: { ...process.env, SOURCE_DATE_EPOCH: commitTime() },
  });
}

function writeControl(folder, version) {
  const control = {
    Package: 'creneau',
    Version: version,
    Architecture: ARCHITECTURES[process.arch],
    Maintainer: 'Créneau <ne-pas-repondre@localhost>',
    Depends: 'libc6, libstdc++6, adduser, ca-certificates',
    Suggests: 'postgresql (>= 15)',
    Section: 'net',
    Priority: 'optional',
    Description: 'agendas partagés FHIR R4 (GAP, SAS)\n Serveur d’agendas et plateforme SAS. Node est compris.',
  };
  const lines = Object.entries(control).map(([name, value]) => `${name}: ${value}`);
  writeFileSync(join(folder, 'control'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'conffiles'), SETTINGS.map((file) => `/etc/creneau/${file}\n`).join(''));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    cpSync(join(ROOT, 'packaging/debian', script), join(folder, script));
    chmodSync(join(folder, script), 0o755);
  }
}
