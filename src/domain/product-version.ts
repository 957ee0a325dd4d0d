/** The repmgr release whose behaviour this program follows. */
const compatibleVersion = '5.5.0';
export const compatibleVersionNumber = 50_500;

/** Put in by the build, from package.json. */
declare const REPMGR_TS_VERSION: string | undefined;

/** Version of this program. */
export const ownVersion = typeof REPMGR_TS_VERSION === 'string' ? REPMGR_TS_VERSION : '0.1.0';

/** First line of --version of `programName`. */
export function versionLine(programName: string): string {
  return `${programName} ${compatibleVersion} (repmgr-ts ${ownVersion})`;
}
