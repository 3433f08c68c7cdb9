import { afterAll, vi } from 'vitest';
import { unload } from './module.ts';
import { type Services, startServices } from './services.ts';
import { stopTime } from './time.ts';

/** Prepares this process to run examples: starts what they call, and stops time. Undone after the file's tests. */
export async function startForExamples(): Promise<Services> {
  const services = await startServices();
  for (const [name, value] of Object.entries(services.env)) vi.stubEnv(name, value);
  // fetch has one timer for all its requests, made by the first: one that time cannot stop.
  await fetch(services.origin).then((answer) => answer.text());
  const letTimeGoOn = stopTime();
  afterAll(async () => {
    letTimeGoOn();
    unload();
    await services.close();
  });
  return services;
}
