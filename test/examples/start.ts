import { afterAll, vi } from 'vitest';
import { unload } from './module.ts';
import { type Services, startServices } from './services.ts';
import { stopTime } from './time.ts';

/** Prepares this process to run examples: starts what they call, and stops time. Undone after the file's tests. */
export async function startForExamples(): Promise<Services> {
  const services = await startServices();
  for (const [name, value] of Object.entries(services.env)) vi.stubEnv(name, value);
  const letTimeGoOn = stopTime();
  afterAll(async () => {
    letTimeGoOn();
    unload();
    await services.close();
  });
  return services;
}
