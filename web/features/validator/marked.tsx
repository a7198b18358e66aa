/**
 * The report: each fault with its line, and the text with the faulty lines marked; what is right and long is folded
 * away.
 */
import { useTranslation } from 'react-i18next';
import type { Fault } from './page.tsx';

/** Lines shown around a fault. */
const AROUND = 3;
const MAX_FAULTS = 200;

export function Marked({ text, faults }: { text: string; faults: readonly Fault[] }) {
  const { t } = useTranslation();
  const lines = text.split('\n');
  const marked = new Map<number, Fault[]>();
  for (const fault of faults)
    if (fault.line !== undefined) marked.set(fault.line, [...(marked.get(fault.line) ?? []), fault]);
  const shown: boolean[] = [];
  for (const line of marked.keys())
    for (let i = Math.max(0, line - 1 - AROUND); i < Math.min(lines.length, line + AROUND); i++) shown[i] = true;
  return (
    <>
      {faults.length > 0 && (
        <ol className="faults">
          {faults.slice(0, MAX_FAULTS).map((fault, i) => (
            <li key={i} className={fault.severity === 'warning' ? 'fault warn' : 'fault bad'}>
              <strong>{t(fault.severity === 'warning' ? 'validator.warning' : 'validator.error')}</strong>{' '}
              {fault.line !== undefined && (
                <a href={`#line-${fault.line}`}>{t('validator.line', { line: fault.line })}</a>
              )}{' '}
              {fault.text}
              {fault.expression !== undefined && <code>{fault.expression}</code>}
            </li>
          ))}
        </ol>
      )}
      {faults.length > MAX_FAULTS && <p>{t('validator.more', { count: faults.length - MAX_FAULTS })}</p>}
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
