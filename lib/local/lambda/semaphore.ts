/** Gives a turn, and resolves to what ends it. To end it twice is safe. */
export type TakeTurn = () => Promise<() => void>;

/** Turns of which so many are taken at once, in the order in which they were asked for. */
export function turns(atOnce: number): TakeTurn {
  const waiting: (() => void)[] = [];
  let taken = 0;

  const give = () => {
    while (taken < atOnce && waiting.length > 0) {
      taken++;
      waiting.shift()?.();
    }
  };

  return () =>
    new Promise((resolve) => {
      let isEnded = false;
      const end = () => {
        if (isEnded) return;
        isEnded = true;
        taken--;
        give();
      };
      waiting.push(() => resolve(end));
      give();
    });
}
