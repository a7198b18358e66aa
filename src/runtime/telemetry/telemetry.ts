/** Traces and figures for a collector (OTLP over HTTP), where the settings name one. */
import type { Config } from '../config.ts';
import type { Telemetry, TelemetrySource } from './otlp.ts';

/** `undefined` without a collector: the libraries are not even loaded then. */
export async function openTelemetry(
  { otlpUrl, otlpHeaders, otlpIntervalMs, traceRatio }: Config,
  source: TelemetrySource,
): Promise<Telemetry | undefined> {
  if (otlpUrl === undefined) return undefined;
  const { openOtlp } = await import('./otlp.ts');
  return openOtlp({ url: otlpUrl, headers: otlpHeaders ?? {}, intervalMs: otlpIntervalMs, traceRatio }, source);
}
