/**
 * The servers that a database URL names, in libpq's syntax:
 * `postgres://user@a:5432,b:5433/db?target_session_attrs=read-write`, or `?host=a,b&port=5432,5433`.
 * https://www.postgresql.org/docs/current/libpq-connect.html
 */

export interface DatabaseHost {
  /** For logs: `a:5432`. */
  name: string;
  /** Of this one server. */
  url: string;
}

export interface DatabaseHosts {
  list: readonly DatabaseHost[];
  /** Only a server that accepts writes will do. */
  mustWrite: boolean;
}

/** By `target_session_attrs`. A server that cannot be written is of no use here, so the other values are refused. */
const MUST_WRITE = new Map([
  ['any', false],
  ['read-write', true],
  ['primary', true],
]);

/** Throws an Error that says what is wrong; never with the URL, which may hold a password. */
export function readHosts(url: string): DatabaseHosts {
  const parts = /^(postgres(?:ql)?:\/\/)([^/?#]*)([^?#]*)(?:\?([^#]*))?/.exec(url);
  if (parts === null) return { list: [{ name: 'PostgreSQL', url }], mustWrite: false };
  const [, scheme = '', authority = '', path = '', query = ''] = parts;
  const parameters = new URLSearchParams(query);
  const target = parameters.get('target_session_attrs');
  const names = namesOf(authority, parameters);
  for (const name of ['target_session_attrs', ...(names.length > 1 ? ['host', 'port'] : [])]) parameters.delete(name);
  const credentials = authority.slice(0, authority.lastIndexOf('@') + 1);
  const rest = parameters.size === 0 ? path : `${path}?${parameters}`;
  const mustWrite = target === null ? names.length > 1 : MUST_WRITE.get(target);
  if (mustWrite === undefined)
    throw new Error(`target_session_attrs=${target} : ${[...MUST_WRITE.keys()].join(', ')} (DATABASE_URL)`);
  return {
    list: names.map((name) => ({ name: name || 'PostgreSQL', url: scheme + credentials + name + rest })),
    mustWrite,
  };
}

/** As they stand in an authority: `a`, `a:5432`, `%2Fvar%2Frun`. */
function namesOf(authority: string, parameters: URLSearchParams): string[] {
  const named = parameters.get('host')?.split(',') ?? [];
  if (named.length < 2) return authority.slice(authority.lastIndexOf('@') + 1).split(',');
  const ports = parameters.get('port')?.split(',') ?? [];
  if (ports.length > 1 && ports.length !== named.length)
    throw new Error(`${named.length} host, ${ports.length} port (DATABASE_URL)`);
  return named.map((host, i) => {
    const port = ports[ports.length === 1 ? 0 : i];
    return encodeURIComponent(host) + (port ? `:${port}` : '');
  });
}
