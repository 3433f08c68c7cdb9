/*
 * Waits for the end of the process that started it and then ends the process groups that are left and
 * removes the folders that were theirs. A process of its own, since the one it watches may be killed without a chance to clean up.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const groups = new Set<number>();
const folders: string[] = [];

// Signals of the terminal are meant for the run, which closes the pipe when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line.startsWith('/')) return void folders.push(line);
    const pid = Number(line.slice(1));
    if (line.startsWith('+')) groups.add(pid);
    else groups.delete(pid);
  })
  .on('close', () => {
    for (const pid of groups) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
