/** HTTP load by `autocannon`, in a worker thread of its own: requests in turn, latency in milliseconds. */
import autocannon from 'autocannon';

export async function measure(url, paths, { connections = 8, seconds = 8, method = 'GET', bodies, headers = {} } = {}) {
  const requests = (bodies ?? paths).map((body) =>
    bodies ? { method, path: new URL(url).pathname, body, headers } : { method, path: body, headers },
  );
  const result = await autocannon({
    url: new URL(url).origin,
    connections,
    duration: seconds,
    requests,
    workers: undefined,
    timeout: 60,
  });
  if (result.errors > 0) throw new Error(`${result.errors} errors at ${url}`);
  return {
    perSecond: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    bytes: result.throughput.average,
    statuses: result.statusCodeStats,
  };
}
