/** House rule: `package.json` lists what is imported, and nothing else. */
import { describe, expect, it } from 'vitest';
import { everything, filesIn, textOf } from './sources.ts';

/** Packages that run without being imported, with the reason. */
const RUN_BY_NAME: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'the command of `npm run format`',
  typescript: 'the compiler',
  'react-is': 'a peer that recharts asks for',
};

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

describe('packages', () => {
  it('are all imported, types with the library that they describe', () => {
    const { dependencies, devDependencies }: Manifest = JSON.parse(textOf('package.json'));
    const names = Object.keys({ ...dependencies, ...devDependencies });
    const texts = [...everything, ...filesIn('docs', /config\.(m?js|ts)$/), 'vitest.config.ts'].map(textOf);
    const isNamed = (name: string): boolean =>
      texts.some((text) => text.includes(`'${name}'`) || text.includes(`'${name}/`));
    const isDescribed = (name: string): boolean => {
      const library = name.replace(/^@types\//, '');
      return library !== name && (library === 'node' || names.includes(library));
    };
    const unused = names.filter((name) => !isNamed(name) && !isDescribed(name) && !(name in RUN_BY_NAME));
    expect(unused).toEqual([]);
  });
});
