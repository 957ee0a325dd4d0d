/**
 * server_version_num from the parameter server_version: "15.18 (Debian …)" → 150018, "9.6.24" → 90624,
 * "18beta1" → 180000; 0 when there is no number.
 */
export function serverVersionNumOf(serverVersion: string): number {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(serverVersion);
  if (match === null) return 0;
  const [major = 0, second = 0, third = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return major >= 10 ? major * 10_000 + second : major * 10_000 + second * 100 + third;
}
