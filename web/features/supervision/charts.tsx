/**
 * Lines and bars; the door of recharts. To a screen reader a chart is its title: the same figures stand in a table
 * beside it.
 */
import type { ReactNode } from 'react';
import {
  Bar,
  BarChart,
  CartesianGrid,
  Legend,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { Json } from '../../../src/fhir/resource.ts';
import { language } from '../../ui/texts.ts';

const COLOURS = ['#0b5c6b', '#a3161b', '#7a3a00', '#33327a', '#14603a', '#6b2377'];
/** Lines are told apart without their colours too. */
const DASHES = ['', '6 3', '2 3', '10 4', '10 3 2 3', '4 4'];
const GRID = '#d8dfe5';
const TICK = { fontSize: 12, fill: '#52606d' };
const MARGIN = { top: 8, right: 16, bottom: 0, left: 0 };
const HOUR = 3_600_000;
/** Hours between two times that are written below a chart, by its length. */
const TICK_HOURS = [
  [1, 1 / 6],
  [24, 4],
  [168, 24],
  [720, 120],
] as const;

/** A line through one or two points is not seen. */
const FEW = 3;

/** More cannot be told apart. */
export const MAX_SERIES = COLOURS.length;

export interface Series {
  key: string;
  name: string;
  /** The same number, the same look: in several charts. */
  look: number;
}

export interface ChartProps {
  title: string;
  /** Each with the value of every series under its key. */
  rows: readonly Record<string, Json>[];
  series: readonly Series[];
  unit?: string;
}

/** `at`: epoch milliseconds of each row; the chart is of the last `hours`. */
export function Lines({ title, rows, series, unit = '', hours }: ChartProps & { hours: number }) {
  const time = new Intl.DateTimeFormat(
    language(),
    hours <= 24 ? { hour: '2-digit', minute: '2-digit' } : { day: '2-digit', month: '2-digit' },
  );
  const whole = new Intl.DateTimeFormat(language(), { dateStyle: 'short', timeStyle: 'short' });
  const now = Date.now();
  const times = ticks(now - hours * HOUR, now, (TICK_HOURS.find(([most]) => hours <= most)?.[1] ?? 120) * HOUR);
  return (
    <Chart title={title}>
      <LineChart data={[...rows]} margin={MARGIN} accessibilityLayer={false}>
        <CartesianGrid stroke={GRID} vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          domain={[now - hours * HOUR, now]}
          ticks={times}
          tickFormatter={(at: number) => time.format(at)}
          tick={TICK}
        />
        <YAxis width={48} allowDecimals={false} tick={TICK} />
        <Tooltip labelFormatter={(at) => whole.format(Number(at))} />
        <Legend />
        {series.map(({ key, name, look }) => (
          <Line
            key={key}
            dataKey={key}
            name={name}
            unit={unit}
            stroke={colourOf(look)}
            strokeWidth={2}
            strokeDasharray={DASHES[(look + Math.floor(look / COLOURS.length)) % DASHES.length]!}
            dot={rows.filter((row) => row[key] !== undefined).length < FEW}
            legendType="plainline"
            isAnimationActive={false}
            connectNulls
          />
        ))}
      </LineChart>
    </Chart>
  );
}

/** `day`: the name of each row. */
export function Bars({ title, rows, series }: ChartProps) {
  return (
    <Chart title={title}>
      <BarChart data={[...rows]} margin={MARGIN} accessibilityLayer={false}>
        <CartesianGrid stroke={GRID} vertical={false} />
        <XAxis dataKey="day" minTickGap={16} tick={TICK} />
        <YAxis allowDecimals={false} width={40} tick={TICK} />
        <Tooltip />
        <Legend />
        {series.map(({ key, name, look }) => (
          <Bar
            key={key}
            dataKey={key}
            name={name}
            stackId="all"
            maxBarSize={40}
            fill={colourOf(look)}
            stroke="#fff"
            isAnimationActive={false}
          />
        ))}
      </BarChart>
    </Chart>
  );
}

function colourOf(look: number): string {
  return COLOURS[look % COLOURS.length]!;
}

/** Whole hours and days of the clock on the wall. */
function ticks(from: number, to: number, step: number): number[] {
  const offset = new Date(to).getTimezoneOffset() * 60_000;
  const found: number[] = [];
  for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) found.push(at);
  return found;
}

function Chart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <figure className="sheet chart">
      <figcaption>{title}</figcaption>
      <div className="plot" aria-hidden>
        <ResponsiveContainer width="100%" height="100%">
          {children as never}
        </ResponsiveContainer>
      </div>
    </figure>
  );
}
