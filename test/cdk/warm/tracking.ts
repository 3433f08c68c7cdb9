/** Minutes in a row above the target that target tracking waits for. */
const POINTS_TO_SCALE_OUT = 3;

/**
 * Whether target tracking scales out.
 * @param minutes For each minute the utilization, second by second.
 */
export function scalesOut(
  minutes: readonly (readonly number[])[],
  statistic: 'Average' | 'Maximum',
  target: number,
): boolean {
  const of = (seconds: readonly number[]) =>
    statistic === 'Maximum'
      ? Math.max(...seconds)
      : seconds.reduce((sum, second) => sum + second, 0) / seconds.length;
  let above = 0;
  return minutes.some((seconds) => {
    above = of(seconds) > target ? above + 1 : 0;
    return above >= POINTS_TO_SCALE_OUT;
  });
}
