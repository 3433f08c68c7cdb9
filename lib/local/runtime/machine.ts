import dns from 'node:dns';

let clockOffsetMs = 0;
let clockIsOurs = false;

/** Puts this process's wall clock ahead, or back, as clocks of different machines are. */
export function setClockOffset(offsetMs: number): void {
  if (!clockIsOurs && offsetMs !== 0) {
    clockIsOurs = true;
    globalThis.Date = new Proxy(Date, {
      construct: (target, args, self) =>
        Reflect.construct(target, args.length === 0 ? [target.now() + clockOffsetMs] : args, self),
      apply: (target) => new target(target.now() + clockOffsetMs).toString(),
      get: (target, name) =>
        name === 'now' ? () => target.now() + clockOffsetMs : Reflect.get(target, name),
    });
  }
  clockOffsetMs = offsetMs;
}

let unresolved: readonly string[] = [];

/** Which names do not resolve from now on. */
export function setUnresolved(names: readonly string[]): void {
  unresolved = names;
}

/**
 * Lets names of this machine under `.localhost` resolve, as RFC 6761 has it and not every system does, or not, as it happens
 * to names. Whatever is made of that, in sockets, agents and clients, is theirs.
 */
export function resolveLocalNames(): void {
  const lookup = dns.lookup as (...args: unknown[]) => void;
  const localLookup = (hostname: string, ...rest: unknown[]) => {
    if (!hostname.endsWith('.localhost')) return lookup(hostname, ...rest);
    if (!unresolved.includes(hostname)) return lookup('127.0.0.1', ...rest);
    const failure = { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname };
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), failure);
    process.nextTick(rest.at(-1) as (error: Error) => void, error);
  };
  dns.lookup = localLookup as typeof dns.lookup;
}
