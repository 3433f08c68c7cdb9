import { serveControl } from './control.ts';
import type { Serve } from './http/integration.ts';
import { guarded, listen, refuseOtherHosts, refuseStrangers, send } from './http/server.ts';
import { serviceAnswer } from './http/service-answer.ts';
import { addressOf, type Opened } from './opened.ts';

/** The run's own port: the first API, and the control interface under `/_fibrin/`. */
export interface Front {
  readonly url: string;
  /** Serves requests from now on; each before is answered with 503. */
  open(serveApp: Serve, control: Parameters<typeof serveControl>[2]): void;
}

/** Which pages may call the app is for its template to say. */
const APP_GUARD = { refuse: refuseOtherHosts };

/** @throws {LocalRunError} when the port is taken. */
export async function startFront(port: number, run: Opened): Promise<Front> {
  let serve = guarded(async (_, response) => send(response, serviceAnswer(503, 'Still starting')));
  const front = await listen(port, (request, response) => serve(request, response));
  run.atEnd(front.close);
  return {
    url: addressOf(front),
    open(serveApp, control) {
      serve = guarded(async (request, response) => {
        const path = (request.url ?? '/').split('?')[0] ?? '/';
        if (!path.startsWith('/_fibrin/')) return serveApp(request, response);
        refuseStrangers(request);
        await serveControl(request, response, control);
      }, APP_GUARD);
    },
  };
}
