/** Options: the collector of traces and figures. Their variables are those of OpenTelemetry. */
import type { OptionTable } from './option.ts';
import { baseUrl, headers, share, whole } from './values.ts';

export const telemetryOptions = {
  otlpUrl: {
    flag: 'otlp-url',
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    value: 'URL',
    read: baseUrl,
    french: 'collecteur OpenTelemetry (OTLP sur HTTP) ; sans lui, ni traces ni mesures ne partent',
    english: 'OpenTelemetry collector (OTLP over HTTP); without it neither traces nor figures leave',
  },
  otlpHeaders: {
    flag: 'otlp-headers',
    variable: 'OTEL_EXPORTER_OTLP_HEADERS',
    value: 'SECRET',
    read: headers,
    french: 'en-têtes pour le collecteur : « authorization=Bearer%20…,x-tenant=a »',
    english: 'headers for the collector: "authorization=Bearer%20...,x-tenant=a"',
  },
  otlpIntervalMs: {
    flag: 'otlp-interval',
    variable: 'OTEL_METRIC_EXPORT_INTERVAL',
    value: 'MS',
    fallback: '60000',
    read: whole(100, 3_600_000),
    french: 'intervalle des mesures envoyées au collecteur',
    english: 'interval of the figures for the collector',
  },
  traceRatio: {
    flag: 'trace-ratio',
    variable: 'OTEL_TRACES_SAMPLER_ARG',
    value: '0..1',
    fallback: '1',
    read: share,
    french: 'part des requêtes suivies ; celles dont l’appelant a décidé (traceparent) gardent sa décision',
    english: 'share of the requests that are followed; a caller who has decided (traceparent) is obeyed',
  },
} as const satisfies OptionTable;
