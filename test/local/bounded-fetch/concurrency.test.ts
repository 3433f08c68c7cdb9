import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { call } from '../../support/bounded-fetch.ts';
import { listen } from '../../support/wire.ts';

describe('boundedFetch', () => {
  it('opens at most 50 connections to one host, and keeps ten of them idle', async () => {
    const open = new Set<Socket>();
    let most = 0;
    const waiting: (() => void)[] = [];
    const server = createServer((_, response) => {
      most = Math.max(most, open.size);
      waiting.push(() => response.end('ok'));
      if (waiting.length === 50) for (const answer of waiting.splice(0)) answer();
    });
    const port = await listen(server, open);

    const answers = await Promise.all(Array.from({ length: 100 }, () => call(`http://127.0.0.1:${port}`)));

    expect(answers.map((answer) => answer.text())).toEqual(Array(100).fill('ok'));
    expect(most).toBe(50);
    await expect.poll(() => open.size, { interval: 1 }).toBe(10);
  });
});
