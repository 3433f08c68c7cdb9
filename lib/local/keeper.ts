/*
 * Waits for the end of the process that started it and then ends the process groups that are left. A process of its
 * own, since the one it watches may be killed without a chance to clean up.
 */
import { createInterface } from 'node:readline';

const groups = new Set<number>();

// Signals of the terminal are meant for the run, which closes the pipe when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

createInterface({ input: process.stdin })
  .on('line', (line) => {
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
  });
