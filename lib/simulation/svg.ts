/* The few elements of SVG that a chart is made of. Text is escaped. A class says how an element is drawn. */

export type Point = readonly [x: number, y: number];

export const escapeXml = (text: string): string =>
  text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A tenth of a pixel is all that can be seen. */
export const round = (value: number): number => Math.round(value * 10) / 10;

const classOf = (name: string): string => (name === '' ? '' : ` class="${escapeXml(name)}"`);

export const text = (style: string, x: number, y: number, content: string): string =>
  `<text${classOf(style)} x="${round(x)}" y="${round(y)}">${escapeXml(content)}</text>`;

export const line = (style: string, [x1, y1]: Point, [x2, y2]: Point): string =>
  `<line${classOf(style)} x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;

export const rect = (style: string, x: number, y: number, width: number, height: number): string =>
  `<rect${classOf(style)} x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`;

export const polyline = (style: string, points: readonly Point[]): string =>
  `<polyline${classOf(style)} points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}"/>`;
