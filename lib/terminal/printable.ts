/**
 * What a terminal obeys instead of showing it: control characters (C0 with tab and line feed, DEL, C1), line and paragraph
 * separators, and characters that turn the direction of text.
 */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const escaped = (control: string): string => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Text as one line that a terminal only shows: each control character as `\u001b`, as JSON writes it. A line of JSON is the
 * same JSON afterwards.
 */
export const printable = (text: string): string => text.replaceAll(CONTROLS, escaped);
