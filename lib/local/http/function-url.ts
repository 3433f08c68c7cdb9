import type { FaultSwitches } from '../faults.ts';
import type { LocalFunction } from '../lambda/function.ts';
import type { UrlModel } from '../template/http.ts';
import { serveFunctionUrl, serviceAnswer } from './front.ts';
import { guarded, type Listening, listen, send } from './server.ts';
import { meetWireFault } from './wire-faults.ts';

const targetOfPath = ({ faultTargets }: UrlModel, path: string): string | undefined =>
  Object.entries(faultTargets).find(([, prefix]) => path.startsWith(prefix))?.[0];

/**
 * The name by which functions call a function URL. As on AWS it has to be looked up, and that can fail; `.localhost` is
 * this machine and can be nothing else.
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
export const hostOf = ({ logicalId }: UrlModel): string => `${logicalId.toLowerCase()}.localhost`;

/** Serves a function URL on a port of its own, with the faults on the way to it. */
export function startFunctionUrl(
  url: UrlModel,
  functions: ReadonlyMap<string, LocalFunction>,
  faults: FaultSwitches,
): Promise<Listening> {
  return listen(
    0,
    guarded(
      async (request, response) => {
        const fn = functions.get(url.functionName);
        if (fn === undefined) return send(response, serviceAnswer(404, 'Not Found'));
        const target = targetOfPath(url, request.url ?? '');
        const throttled = serviceAnswer(429, 'Rate Exceeded.');
        const arrived = await meetWireFault(faults, target, request, response, throttled);
        if (arrived === 'answered') return;
        const { fault, deliver } = arrived;
        // What the service itself does wrong is shown by the function, if its bundle has the switches.
        for (const headers of [request.headers, request.headersDistinct]) delete headers['x-fibrin-fault'];
        if (fault) request.headers['x-fibrin-fault'] = JSON.stringify(fault);
        await serveFunctionUrl(request, response, fn, url.authType, deliver);
      },
      [hostOf(url)],
    ),
  );
}
