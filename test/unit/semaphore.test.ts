import { describe, expect, it } from 'vitest';
import { turns } from '../../lib/local/lambda/semaphore.ts';

describe('turns', () => {
  it('are given to so many at once, and to the others in the order in which they asked', async () => {
    const take = turns(2);
    const given: number[] = [];
    const ends = [0, 1, 2, 3].map((n) =>
      take().then((end) => {
        given.push(n);
        return end;
      }),
    );
    const [first, second] = await Promise.all(ends.slice(0, 2));
    expect(given).toEqual([0, 1]);
    second?.();
    await ends[2];
    expect(given).toEqual([0, 1, 2]);
    first?.();
    await ends[3];
    expect(given).toEqual([0, 1, 2, 3]);
  });

  it('that are ended twice make no room for two', async () => {
    const take = turns(1);
    const end = await take();
    const second = take();
    let third = 'waits';
    void take().then(() => {
      third = 'goes';
    });
    end();
    end();
    await second;
    await new Promise((resolve) => setImmediate(resolve));
    expect(third).toBe('waits');
  });
});
