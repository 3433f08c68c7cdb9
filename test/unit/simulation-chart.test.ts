import { describe, expect, test } from 'vitest';
import { chartOf } from '../../lib/simulation/chart.ts';
import type { Second } from '../../lib/simulation/observed.ts';
import { type Scenario, scenarioOf } from '../../lib/simulation/scenario.ts';

const scenario: Scenario = {
  ...scenarioOf('outage', 1),
  ...{ warmUpMs: 10_000, healthyMs: 20_000, outageMs: 40_000, afterMs: 30_000 },
};
const quiet: Second = { calls: 10, rejected: 0, failed: 0 };
const seconds = Array.from({ length: 101 }, (_, at): Second => {
  if (at < 30 || at >= 70) return quiet;
  return at < 35 ? { calls: 10, rejected: 0, failed: 10 } : { calls: 10, rejected: 10, failed: 0 };
});
const panels = [
  { name: 'fibrin', seconds },
  { name: 'in-process', seconds },
];

const numbersOf = (svg: string, attribute: string) =>
  [...svg.matchAll(new RegExp(`\\b${attribute}="([\\d.]+)"`, 'g'))].map(([, number]) => Number(number));
const pointsOf = (svg: string, style: string) =>
  [...svg.matchAll(new RegExp(`<polyline class="${style}" points="([^"]*)"`, 'g'))].map(([, points = '']) =>
    points.split(' ').map((point) => point.split(',').map(Number) as [number, number]),
  );

const found = (svg: string, pattern: RegExp) => {
  const [, a, b, c, d] = pattern.exec(svg) ?? [];
  return [Number(a), Number(b), Number(c), Number(d)] as const;
};

describe('the chart of a simulation', () => {
  const svg = chartOf('outage', panels, scenario);
  const [width, height] = found(svg, /viewBox="0 0 (\d+) (\d+)"/);
  const outage = /<rect class="outage" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/;
  const [left, top, wide, high] = found(svg, outage);

  test('has a panel for each breaker, and everything within its bounds', () => {
    expect(svg.match(/<text class="name"/g)).toHaveLength(2);
    expect(pointsOf(svg, 'rejected')).toHaveLength(2);
    const points = [...pointsOf(svg, 'rejected'), ...pointsOf(svg, 'failed')].flat();
    const xs = [...numbersOf(svg, 'x'), ...numbersOf(svg, 'x1'), ...numbersOf(svg, 'x2')];
    const ys = [...numbersOf(svg, 'y'), ...numbersOf(svg, 'y1'), ...numbersOf(svg, 'y2')];
    for (const x of [...xs, ...points.map(([x]) => x)]) expect(x).toBeLessThanOrEqual(width);
    for (const y of [...ys, ...points.map(([, y]) => y)]) expect(y).toBeLessThanOrEqual(height);
  });

  test('shows no second of the warm-up, and all others where they belong', () => {
    const [rejected = []] = pointsOf(svg, 'rejected');
    const [failed = []] = pointsOf(svg, 'failed');
    expect(rejected).toHaveLength(90);
    expect(rejected.filter(([, y]) => y === top)).toHaveLength(35);
    expect(failed.filter(([, y]) => y === top)).toHaveLength(5);
    expect(rejected.filter(([, y]) => y === top + high)).toHaveLength(55);
    expect(failed.every(([x, y]) => y === top + high || (x > left && x < left + wide))).toBe(true);
  });

  test('has axes with units', () => {
    for (const label of ['0 %', '50 %', '100 %', '0 s', '-20 s', '70 s'])
      expect(svg).toContain(`>${label}</text>`);
    const zero = /x="([\d.]+)" y="[\d.]+">0 s</.exec(svg)?.[1];
    expect(Number(zero)).toBe(left);
  });

  test('shades nothing where there is no outage, and leaves out seconds without calls', () => {
    const calm = chartOf('calm', [{ name: 'fibrin', seconds: [{ ...quiet, calls: 0 }] }], {
      ...scenario,
      ...{ warmUpMs: 0, healthyMs: 0, outageMs: 0, afterMs: 1_000 },
    });
    expect(calm).not.toContain('<rect class="outage"');
    expect(calm).toContain('points=""');
    expect(calm).not.toContain('NaN');
  });

  test('escapes its texts, and runs nothing', () => {
    const strange = chartOf('<script>"&\'', [{ name: '</text><a>', seconds }], scenario);
    expect(strange).not.toMatch(/<script|<a>|NaN/);
    expect(strange).toContain('&#60;script&#62;&#34;&#38;&#39;');
    expect(svg).not.toMatch(/<script|\son\w+=|href|url\(/);
  });

  test('can be read on a light ground and on a dark one', () => {
    const [light = '', dark = ''] = (/<style>(.*)<\/style>/s.exec(svg)?.[1] ?? '').split('@media');
    const colourOf = (css: string, style: string) => {
      const [, hex = ''] = new RegExp(`${style} \\{[^}]*#([0-9a-f]+)`).exec(css) ?? [];
      const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
      return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255);
    };
    const brightness = (colour: readonly number[]) =>
      colour
        .map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, index) => sum + part * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0);
    const contrast = (css: string, one: string, other: string) => {
      const [a = 0, b = 0] = [one, other]
        .map((style) => brightness(colourOf(css, style)))
        .sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    };
    for (const css of [light, dark]) {
      expect(contrast(css, 'text', '\\.ground')).toBeGreaterThan(7);
      for (const stroke of ['\\.rejected', '\\.failed'])
        for (const ground of ['\\.ground', '\\.outage'])
          expect(contrast(css, stroke, ground)).toBeGreaterThan(3);
    }
  });
});
