/** The repmgr release whose behaviour this program follows. */
export const compatibleVersion = '5.5.0';
export const compatibleVersionNumber = 50_500;

/** Version of this program; the build replaces it by that of package.json. */
export const ownVersion: string = process.env['REPMGR_TS_VERSION'] ?? '0.1.0';

/** First line of --version of `programName`. */
export function versionLine(programName: string): string {
  return `${programName} ${compatibleVersion} (repmgr-ts ${ownVersion})`;
}
