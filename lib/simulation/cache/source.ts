import type { Random } from '../../core/random.ts';
import type { Sandbox } from '../sandbox.ts';
import type { World } from '../world.ts';
import type { CacheScenario } from './scenario.ts';

/** What the source has of a key. */
export interface Value {
  readonly version: number;
  /** When it was read. Virtual milliseconds. */
  readonly readMs: number;
  /** Makes it as large as the scenario says. */
  readonly text: string;
}

/** How wide the logarithm of the time spreads: of a hundred loads one takes two and a half times as long as half of them. */
const SPREAD = 0.4;

const UNAVAILABLE = Object.assign(new Error('simulated: the source fails'), { status: 503 });

/** A number of the normal distribution. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** What the caches load from. Each load takes time, and the source may fail. */
export class Source {
  readonly #virtual: World;
  readonly #random: Random;
  readonly #scenario: CacheScenario;
  readonly #versions = new Map<string, number>();

  constructor(scenario: CacheScenario, virtual: World, random: Random) {
    this.#scenario = scenario;
    this.#virtual = virtual;
    this.#random = random;
  }

  /** The key has another value from now on. Gives its version. */
  change(key: string): number {
    const version = this.#versionOf(key) + 1;
    this.#versions.set(key, version);
    return version;
  }

  #versionOf(key: string): number {
    return this.#versions.get(key) ?? 1;
  }

  /** One load. The value is that of its middle. */
  load(key: string, sandbox: Sandbox): Promise<Value> {
    const virtual = this.#virtual;
    const { loadMs, valueBytes, sourceOutages } = this.#scenario;
    const began = virtual.now;
    const fault = sourceOutages.find(({ fromMs, toMs }) => began >= fromMs && began < toMs)?.fault;
    const tookMs = loadMs * Math.exp(SPREAD * normal(this.#random));
    return new Promise((resolve, reject) => {
      if (fault === 'hangs') return;
      virtual.at(began + tookMs / 2, () => {
        const version = this.#versionOf(key);
        const value: Value = { version, readMs: virtual.now, text: 'x'.repeat(valueBytes) };
        virtual.at(began + tookMs, () => {
          virtual.wake();
          sandbox.receive(() => (fault === undefined ? resolve(value) : reject(UNAVAILABLE)));
        });
      });
    });
  }
}
