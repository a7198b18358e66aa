/** An archive that depends on the tree alone: names in order, the time of the commit, no owner. */
import { basename, dirname } from 'node:path';
import { commitTime, run } from './run.mjs';

export function tarball(tree, to) {
  const time = `--mtime=@${commitTime()}`;
  const form = ['--sort=name', time, '--owner=0', '--group=0', '--numeric-owner', '--mode=go=rX,u+rw,a-s'];
  run('tar', [...form, '--use-compress-program=gzip -n -6', '-C', dirname(tree), '-cf', to, basename(tree)]);
}
