/**
 * Charts of lines and bars; the door of recharts. A screen reader gets only the title of a chart: a table beside it has
 * the same figures.
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

const COLOURS = [1, 2, 3, 4, 5, 6].map((n) => `var(--chart-${n})`);
/** So that lines differ without their colours too. */
const DASHES = ['', '6 3', '2 3', '10 4', '10 3 2 3', '4 4'];
const GRID = 'var(--line)';
const TICK = { fontSize: 12, fill: 'var(--soft)' };
const MARGIN = { top: 8, right: 16, bottom: 0, left: 0 };
const HOUR_MS = 3_600_000;
const LAST_TICK_HOURS = 120;
/** For charts up to this many hours: the hours between two times below the chart. */
const TICK_HOURS = [
  [1, 1 / 6],
  [24, 4],
  [168, 24],
  [720, LAST_TICK_HOURS],
] as const;

/** A line through fewer points cannot be seen: its points are drawn. */
const FEW_POINTS = 3;

/** More series look alike. */
export const MAX_SERIES = COLOURS.length;

export interface Series {
  key: string;
  name: string;
  /** Colour and dashes, by number: a partner looks the same in every chart. */
  look: number;
}

export interface ChartProps {
  title: string;
  /** Each row has the value of every series under its key. */
  rows: readonly Record<string, Json>[];
  series: readonly Series[];
  unit?: string;
}

/** The last `hours`. Each row has its moment in `at` (epoch milliseconds). */
export function Lines({ title, rows, series, unit = '', hours }: ChartProps & { hours: number }) {
  const time = new Intl.DateTimeFormat(
    language(),
    hours <= 24 ? { hour: '2-digit', minute: '2-digit' } : { day: '2-digit', month: '2-digit' },
  );
  const whole = new Intl.DateTimeFormat(language(), { dateStyle: 'short', timeStyle: 'short' });
  const now = Date.now();
  const tickHours = TICK_HOURS.find(([max]) => hours <= max)?.[1] ?? LAST_TICK_HOURS;
  const times = ticks(now - hours * HOUR_MS, now, tickHours * HOUR_MS);
  return (
    <Chart title={title}>
      <LineChart data={[...rows]} margin={MARGIN} accessibilityLayer={false}>
        <CartesianGrid stroke={GRID} vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          domain={[now - hours * HOUR_MS, now]}
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
            dot={rows.filter((row) => row[key] !== undefined).length < FEW_POINTS}
            legendType="plainline"
            isAnimationActive={false}
            connectNulls
          />
        ))}
      </LineChart>
    </Chart>
  );
}

/** Each row has its name in `day`. */
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
            stroke="var(--paper)"
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

/** Moments at whole steps of local time. */
function ticks(from: number, to: number, stepMs: number): number[] {
  const offset = new Date(to).getTimezoneOffset() * 60_000;
  const moments: number[] = [];
  for (let at = Math.ceil((from - offset) / stepMs) * stepMs + offset; at <= to; at += stepMs) moments.push(at);
  return moments;
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
