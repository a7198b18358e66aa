/** Lines and bars; the door of recharts. Every chart stands beside a table of the same figures. */
import { Bar, BarChart, CartesianGrid, Legend, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Json } from '../../src/fhir/resource.ts';
import { language } from '../shell/texts.ts';

const COLOURS = ['#0b5c6b', '#a3161b', '#7a3a00', '#33327a', '#14603a', '#6b2377', '#4a4a00', '#004a7a'];
const GRID = '#d8dfe5';

export interface ChartProps {
  title: string;
  /** Each with the value of every series under its key. */
  rows: readonly Record<string, Json>[];
  series: readonly { key: string; name: string }[];
}

/** `at`: epoch milliseconds of each row. */
export function Lines({ title, rows, series, unit = '' }: ChartProps & { unit?: string }) {
  const time = new Intl.DateTimeFormat(language(), { day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit' });
  return (
    <figure className="sheet chart">
      <figcaption>{title}</figcaption>
      <div className="plot" role="img" aria-label={title}>
        <ResponsiveContainer width="100%" height="100%">
          <LineChart data={[...rows]} accessibilityLayer={false}>
            <CartesianGrid stroke={GRID} vertical={false} />
            <XAxis dataKey="at" type="number" domain={['dataMin', 'dataMax']} tickFormatter={(at: number) => time.format(at)} minTickGap={60} />
            <YAxis unit={unit} width={76} allowDecimals={false} />
            <Tooltip labelFormatter={(at) => time.format(Number(at))} />
            <Legend />
            {series.map(({ key, name }, i) => (
              <Line key={key} dataKey={key} name={name} stroke={COLOURS[i % COLOURS.length]!} dot={{ r: 2 }} connectNulls isAnimationActive={false} />
            ))}
          </LineChart>
        </ResponsiveContainer>
      </div>
    </figure>
  );
}

/** `day`: the name of each row. */
export function Bars({ title, rows, series }: ChartProps) {
  return (
    <figure className="sheet chart">
      <figcaption>{title}</figcaption>
      <div className="plot" role="img" aria-label={title}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={[...rows]} accessibilityLayer={false}>
            <CartesianGrid stroke={GRID} vertical={false} />
            <XAxis dataKey="day" minTickGap={30} />
            <YAxis allowDecimals={false} width={48} />
            <Tooltip />
            <Legend />
            {series.map(({ key, name }, i) => (
              <Bar key={key} dataKey={key} name={name} stackId="all" fill={COLOURS[i % COLOURS.length]!} isAnimationActive={false} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
    </figure>
  );
}
