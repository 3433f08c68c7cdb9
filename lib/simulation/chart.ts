import type { Second } from './observed.ts';
import type { Scenario } from './scenario.ts';
import { escapeXml, line, polyline, rect, round, text } from './svg.ts';
import { timesOf } from './times.ts';

/** What one breaker did, second by second. */
export interface Panel {
  readonly name: string;
  /** From the beginning of virtual time. */
  readonly seconds: readonly Second[];
}

const WIDTH = 880;
const LEFT = 56;
const RIGHT = 20;
const TOP = 84;
const PANEL_HEIGHT = 130;
/** Room below a panel, for the marks of its axis and the name of the next one. */
const BELOW = 58;

/** Colours that people who see few of them can tell apart (Okabe and Ito), and dashes for print. */
const STYLE = `
text { fill: #24292f; font: 12px system-ui, sans-serif }
.title { font-size: 15px; font-weight: 600 } .name { font-size: 13px; font-weight: 600 }
.end { text-anchor: end } .middle { text-anchor: middle }
.ground { fill: #fff } .outage { fill: #d5d8dd } .grid { stroke: #8c959f; stroke-opacity: .4 }
polyline, .key { fill: none; stroke-width: 2; stroke-linejoin: round }
.rejected { stroke: #0072b2 } .failed { stroke: #c04f00; stroke-dasharray: 5 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .ground { fill: #0d1117 } .outage { fill: #2d333b }
  .rejected { stroke: #56b4e9 } .failed { stroke: #ff9d3c }
}`;

const KEYS = [
  { what: 'rejected', label: 'rejected' },
  { what: 'failed', label: 'made and failed' },
] as const;

/** Seconds between two marks: a round number of which there are a dozen at the most. */
const distanceOf = (length: number): number =>
  [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((each) => length / each <= 12) ?? 3_600;

/** Where things are: seconds are from the onset on. */
function scaleOf(scenario: Scenario) {
  const { onsetMs, overMs, endMs } = timesOf(scenario);
  const first = (scenario.warmUpMs - onsetMs) / 1_000;
  const last = Math.max(first + 1, (endMs - onsetMs) / 1_000);
  const distance = distanceOf(last - first);
  const from = Math.ceil(first / distance);
  const marks = Array.from(
    { length: Math.floor(last / distance) - from + 1 },
    (_, index) => (from + index) * distance,
  );
  const x = (second: number) => LEFT + ((second - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  return { first, last, marks, x, onset: onsetMs / 1_000, over: (overMs - onsetMs) / 1_000 };
}
type Scale = ReturnType<typeof scaleOf>;

function panelOf(
  { name, seconds }: Panel,
  index: number,
  { first, last, marks, x, onset, over }: Scale,
): string {
  const top = TOP + index * (PANEL_HEIGHT + BELOW);
  const bottom = top + PANEL_HEIGHT;
  const y = (fraction: number) => bottom - fraction * PANEL_HEIGHT;
  const points = seconds.flatMap((second, start) => {
    const at = start + 0.5 - onset;
    return second.calls > 0 && at >= first && at <= last ? [{ at, second }] : [];
  });
  const lineOf = (what: 'rejected' | 'failed') =>
    polyline(
      what,
      points.map(({ at, second }) => [x(at), y(Math.min(1, second[what] / second.calls))]),
    );
  return [
    over > 0 ? rect('outage', x(0), top, x(over) - x(0), PANEL_HEIGHT) : '',
    ...[0, 0.5, 1].flatMap((fraction) => [
      line('grid', [LEFT, y(fraction)], [WIDTH - RIGHT, y(fraction)]),
      text('end', LEFT - 8, y(fraction) + 4, `${fraction * 100} %`),
    ]),
    ...marks.flatMap((mark) => [
      line('grid', [x(mark), bottom], [x(mark), bottom + 4]),
      text('middle', x(mark), bottom + 17, `${mark} s`),
    ]),
    text('name', LEFT, top - 8, name),
    lineOf('failed'),
    lineOf('rejected'),
  ].join('\n');
}

const KEY_WIDTH = 150;
const keyOf = (index: number): string => {
  const { what, label } = KEYS[index] as (typeof KEYS)[number];
  const x = LEFT + index * KEY_WIDTH;
  return line(`key ${what}`, [x, 46], [x + 28, 46]) + text('', x + 36, 50, label);
};

/** Fraction of the calls that were rejected, and that failed, over time: an SVG image with a panel for each breaker. */
export function chartOf(title: string, panels: readonly Panel[], scenario: Scenario): string {
  const scale = scaleOf(scenario);
  const height = TOP + panels.length * (PANEL_HEIGHT + BELOW);
  const legend = `fraction of the calls in each second${scale.over > 0 ? '; shaded: the outage' : ''}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${round(height)}" role="img" aria-labelledby="title">
<title id="title">${escapeXml(title)}</title>
<style>${STYLE}
</style>
${rect('ground', 0, 0, WIDTH, height)}
${text('title', LEFT, 26, title)}
${KEYS.map((_, index) => keyOf(index)).join('\n')}
${text('', LEFT + KEYS.length * KEY_WIDTH + 20, 50, legend)}
${panels.map((panel, index) => panelOf(panel, index, scale)).join('\n')}
${text('middle', (LEFT + WIDTH - RIGHT) / 2, height - 10, 'time from the onset of the outage')}
</svg>
`;
}
