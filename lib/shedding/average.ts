/** An average of the last values, by weights that fall: a new one counts for `1 / window`, and each of the first ones as much. */
export class Average {
  readonly #window: number;
  #count = 0;
  #value = 0;

  constructor(window: number) {
    this.#window = window;
  }

  /** 0 before the first one. */
  get value(): number {
    return this.#value;
  }

  /** How many there were, up to the window. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.#window;
  }

  add(value: number): void {
    this.#count = Math.min(this.#count + 1, this.#window);
    this.#value += (value - this.#value) / this.#count;
  }
}
