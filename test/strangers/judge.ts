import type { StrangerApp } from './app.ts';
import { putApp, type Workplace } from './project.ts';
import { INTERRUPTED, type Started, start } from './started.ts';

export interface Judged {
  readonly app: string;
  readonly kind: string;
  /** From `npx fibrin local` to `ready`. Undefined where it did not come so far. */
  readonly startMs?: number;
  readonly calls: number;
  readonly held: number;
  /** What was not as it should be, in words. Empty when the app is as on AWS. */
  readonly wrong: readonly string[];
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Makes the calls one after the other, and says which did not come to what they should. */
async function wrongCalls({ calls }: StrangerApp, run: Started): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [what, call] of Object.entries(calls))
    await call(run).catch((error: unknown) => wrong.push(`${what}: ${reasonOf(error)}`));
  return wrong;
}

async function wrongEnd(run: Started): Promise<readonly string[]> {
  const { code, processes, files } = await run.stop();
  return [
    ...(code === INTERRUPTED ? [] : [`Ctrl-C: expected exit code ${INTERRUPTED}, got ${code}`]),
    ...(processes.length === 0 ? [] : [`Ctrl-C: ${processes.length} processes are left`]),
    ...(files.length === 0 ? [] : [`Ctrl-C: ${files.join(', ')} left`]),
  ];
}

/** Starts an app in the project, calls it, and ends it. */
export async function judge(app: StrangerApp, place: Workplace, signal: AbortSignal): Promise<Judged> {
  const judged = { app: app.name, kind: app.kind, calls: Object.keys(app.calls).length };
  try {
    putApp(place, app.name);
    app.prepare?.(place.project);
    const run = await start(place, app.args ?? [], signal);
    const calls = await wrongCalls(app, run);
    const wrong = [...calls, ...(await wrongEnd(run))];
    const printed = wrong.length === 0 ? [] : [`it printed:\n${run.output().slice(-4_000)}`];
    return {
      ...judged,
      startMs: run.startMs,
      held: judged.calls - calls.length,
      wrong: [...wrong, ...printed],
    };
  } catch (error) {
    return { ...judged, held: 0, wrong: [reasonOf(error)] };
  }
}
