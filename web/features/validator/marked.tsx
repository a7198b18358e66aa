/**
 * The report: each fault with its line, and the text with the faulty lines marked; what is right and long is folded
 * away.
 */
import { useTranslation } from 'react-i18next';
import type { Fault } from './page.tsx';

/** Lines shown around a fault. */
const AROUND = 3;
const MOST_FAULTS = 200;

export function Marked({ text, faults }: { text: string; faults: readonly Fault[] }) {
  const { t } = useTranslation();
  const lines = text.split('\n');
  const marked = new Map<number, Fault[]>();
  for (const one of faults) if (one.line !== undefined) marked.set(one.line, [...(marked.get(one.line) ?? []), one]);
  const shown: boolean[] = [];
  for (const line of marked.keys())
    for (let i = Math.max(0, line - 1 - AROUND); i < Math.min(lines.length, line + AROUND); i++) shown[i] = true;
  return (
    <>
      {faults.length > 0 && (
        <ol className="faults">
          {faults.slice(0, MOST_FAULTS).map((one, i) => (
            <li key={i} className={one.severity === 'warning' ? 'fault warn' : 'fault bad'}>
              <strong>{t(one.severity === 'warning' ? 'validator.warning' : 'validator.error')}</strong>{' '}
              {one.line !== undefined && <a href={`#line-${one.line}`}>{t('validator.line', { line: one.line })}</a>}{' '}
              {one.text}
              {one.expression !== undefined && <code>{one.expression}</code>}
            </li>
          ))}
        </ol>
      )}
      {faults.length > MOST_FAULTS && <p>{t('validator.more', { count: faults.length - MOST_FAULTS })}</p>}
      {marked.size > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
        <section className="marked" tabIndex={0} aria-label={t('validator.marked')}>
          <pre className="code">
            {lines.map((line, i) => {
              const number = i + 1;
              if (!shown[i])
                return shown[i - 1] === true || i === 0 ? (
                  <span key={number} className="gap">
                    {'⋯\n'}
                  </span>
                ) : null;
              const worst = marked.get(number);
              return (
                <span
                  key={number}
                  id={`line-${number}`}
                  className={
                    worst === undefined ? undefined : worst.some((one) => one.severity !== 'warning') ? 'bad' : 'warn'
                  }
                >
                  <span className="number">{String(number).padStart(5)}</span> {line}
                  {worst !== undefined && <span className="sr-only"> {worst.map((one) => one.text).join(' ')}</span>}
                  {'\n'}
                </span>
              );
            })}
          </pre>
        </section>
      )}
    </>
  );
}
