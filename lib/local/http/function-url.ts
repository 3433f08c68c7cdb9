import type { FaultSwitches } from '../faults.ts';
import type { LocalFunction } from '../lambda/function.ts';
import type { UrlModel } from '../template/http.ts';
import { serveFunctionUrl, serviceAnswer } from './front.ts';
import { guarded, type Listening, listen, send } from './server.ts';
import { meetWireFault } from './wire-faults.ts';

const targetOfPath = ({ faultTargets }: UrlModel, path: string): string | undefined =>
  Object.entries(faultTargets).find(([, prefix]) => path.startsWith(prefix))?.[0];

/** Serves a function URL on a port of its own, with the faults on the way to it. */
export function startFunctionUrl(
  url: UrlModel,
  functions: ReadonlyMap<string, LocalFunction>,
  faults: FaultSwitches,
): Promise<Listening> {
  return listen(
    0,
    guarded(async (request, response) => {
      const fn = functions.get(url.functionName);
      if (fn === undefined) return send(response, serviceAnswer(404, 'Not Found'));
      const target = targetOfPath(url, request.url ?? '');
      const throttled = serviceAnswer(429, 'Rate Exceeded.');
      const fault = await meetWireFault(faults, target, request, response, throttled);
      if (fault === 'answered') return;
      // What the service itself does wrong is shown by the function, if its bundle has the switches.
      delete request.headers['x-fibrin-fault'];
      if (fault) request.headers['x-fibrin-fault'] = JSON.stringify(fault);
      await serveFunctionUrl(request, response, fn, url.authType, fault?.kind === 'lost-answer');
    }),
  );
}
