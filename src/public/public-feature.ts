/** The pages of practices for the public, with `--public`: without it, none of their addresses exists. ADR 0036 */
import type { AgendaBackend } from '../agenda/agenda-backend.ts';
import type { RuleServices } from '../agenda/rules/services.ts';
import { publicRoutes } from '../rest/html/public-route.ts';
import type { Feature, ServerParts } from '../server/feature.ts';
import { PUBLIC_PARTS } from './parts.ts';
import { PublicSite, unknownPage } from './site/public-site.ts';

/** Nothing, or the one feature that has all parts of the public pages. */
export function publicFeature(parts: ServerParts, services: RuleServices): Feature<AgendaBackend>[] {
  if (!parts.config.publicPages) return [];
  const site = new PublicSite(parts, services);
  const own = PUBLIC_PARTS.map((open) => open({ site, services, parts }));
  for (const part of own) if (part.bookingPath !== undefined) site.addBooking(part.bookingPath);
  return [
    {
      name: 'public',
      operations: (backend) => own.flatMap((part) => part.operations?.(backend) ?? []),
      followers: own.flatMap((part) => part.followers ?? []),
      mount(app, { backend, options }) {
        const routes = publicRoutes(app, options);
        for (const part of own) part.open?.(routes, backend);
        for (const path of ['/p', '/p/*'])
          routes.add(path, async () => {
            throw unknownPage();
          });
      },
      async start(running) {
        for (const part of own) await part.start?.(running);
      },
      async reload() {
        for (const part of own) await part.reload?.();
      },
      async close() {
        for (const part of own) await part.close?.();
      },
    },
  ];
}
