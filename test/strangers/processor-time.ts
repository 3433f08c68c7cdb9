import { readFileSync } from 'node:fs';
import { hasProc } from '../support/processes.ts';

/** A tick of the kernel, in which /proc counts. Milliseconds. */
const TICK_MS = 10;
/** Where /proc/PID/stat has, after the command, the times of a process, and those of its children that have ended. */
const OWN = [11, 12];
const CHILDREN = [13, 14];

function ticksOf(pid: number | 'self', fields: readonly number[]): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const all = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.reduce((sum, field) => sum + Number(all[field]), 0);
  } catch {
    // It has ended: its parent counts it.
    return 0;
  }
}

/** Processor time so far of processes and their ended children, milliseconds. Undefined where the kernel does not tell. */
export const processorMs = (pids: readonly number[]): number | undefined =>
  hasProc ? TICK_MS * pids.reduce((sum, pid) => sum + ticksOf(pid, [...OWN, ...CHILDREN]), 0) : undefined;

/** The same of all children of this process that have ended. */
export const endedChildrenMs = (): number | undefined =>
  hasProc ? TICK_MS * ticksOf('self', CHILDREN) : undefined;
