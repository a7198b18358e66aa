/**
 * The report: each fault with its line, then the text with the faulty lines marked. Long stretches without a fault are
 * folded away.
 */
import { useTranslation } from 'react-i18next';
import type { Fault } from './validate.ts';

/** Lines shown around a fault. */
const AROUND_LINES = 3;
const MAX_FAULTS = 200;

export interface MarkedProps {
  text: string;
  faults: readonly Fault[];
}

export function Marked({ text, faults }: MarkedProps) {
  const { t } = useTranslation();
  return (
    <>
      {faults.length > 0 && (
        <ol className="faults">
          {faults.slice(0, MAX_FAULTS).map((fault, i) => (
            <FaultItem key={`${fault.expression} ${i}`} fault={fault} />
          ))}
        </ol>
      )}
      {faults.length > MAX_FAULTS && <p>{t('validator.more', { count: faults.length - MAX_FAULTS })}</p>}
      {faults.some(({ line }) => line !== undefined) && <MarkedText text={text} faults={faults} />}
    </>
  );
}

function isWarning({ severity }: Fault): boolean {
  return severity === 'warning';
}

function FaultItem({ fault }: { fault: Fault }) {
  const { t } = useTranslation();
  const { line, text, expression } = fault;
  return (
    <li className={isWarning(fault) ? 'fault warn' : 'fault bad'}>
      <strong>{t(isWarning(fault) ? 'validator.warning' : 'validator.error')}</strong>{' '}
      {line !== undefined && <a href={`#line-${line}`}>{t('validator.line', { line })}</a>} {text}
      {expression !== undefined && <code>{expression}</code>}
    </li>
  );
}

function MarkedText({ text, faults }: MarkedProps) {
  const { t } = useTranslation();
  const lines = text.split('\n');
  const faultsByLine = new Map<number, Fault[]>();
  for (const fault of faults)
    if (fault.line !== undefined) faultsByLine.set(fault.line, [...(faultsByLine.get(fault.line) ?? []), fault]);
  const shown = linesAround([...faultsByLine.keys()], lines.length);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard.
    <section className="marked" tabIndex={0} aria-label={t('validator.marked')}>
      <pre className="code">
        {lines.map((line, i) => {
          const number = i + 1;
          if (shown.has(number))
            return <Line key={number} number={number} text={line} faults={faultsByLine.get(number)} />;
          return shown.has(i) || i === 0 ? (
            <span key={number} className="gap">
              {'⋯\n'}
            </span>
          ) : null;
        })}
      </pre>
    </section>
  );
}

/** Numbers of the faulty lines and of those around them. */
function linesAround(faulty: readonly number[], count: number): ReadonlySet<number> {
  const shown = new Set<number>();
  for (const line of faulty)
    for (let n = Math.max(1, line - AROUND_LINES); n <= Math.min(count, line + AROUND_LINES); n++) shown.add(n);
  return shown;
}

function Line({ number, text, faults }: { number: number; text: string; faults: readonly Fault[] | undefined }) {
  const mark = faults && (faults.every(isWarning) ? 'warn' : 'bad');
  return (
    <span id={`line-${number}`} className={mark}>
      <span className="number">{String(number).padStart(5)}</span> {text}
      {faults && <span className="sr-only"> {faults.map((fault) => fault.text).join(' ')}</span>}
      {'\n'}
    </span>
  );
}
