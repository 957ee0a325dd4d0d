/** What pg_controldata prints, with the lines that differ between the supported versions. */
export function controlDataOutput(options: { majorVersion?: number; state?: string } = {}): string {
  const { majorVersion = 15, state = 'in archive recovery' } = options;
  const controlVersion = majorVersion === 12 ? 1201 : majorVersion >= 18 ? 1800 : 1300;
  return [
    `pg_control version number:            ${controlVersion}`,
    'Catalog version number:               202209061',
    'Database system identifier:           7711136957126846229',
    `Database cluster state:               ${state}`,
    'pg_control last modified:             Sun Nov 22 23:09:41 2026',
    'Latest checkpoint location:           0/1500718',
    "Latest checkpoint's REDO location:    0/15006E0",
    "Latest checkpoint's REDO WAL file:    000000030000000000000001",
    "Latest checkpoint's TimeLineID:       3",
    "Latest checkpoint's PrevTimeLineID:   3",
    "Latest checkpoint's full_page_writes: on",
    "Latest checkpoint's NextXID:          0:724",
    'Time of latest checkpoint:            Sun Nov 22 23:09:41 2026',
    'Fake LSN counter for unlogged rels:   0/3E8',
    'Minimum recovery ending location:     A/1500790',
    "Min recovery ending loc's timeline:   4",
    'Backup start location:                0/0',
    'wal_level setting:                    replica',
    'wal_log_hints setting:                on',
    'Database block size:                  8192',
    'WAL block size:                       8192',
    'Bytes per WAL segment:                16777216',
    'Date/time type storage:               64-bit integers',
    ...(majorVersion === 12 ? ['Float4 argument passing:              by value'] : []),
    'Float8 argument passing:              by value',
    `Data page checksum version:           ${majorVersion >= 18 ? 1 : 0}`,
    ...(majorVersion >= 18 ? ['Default char data signedness:         signed'] : []),
    'Mock authentication nonce:            fbe1860e865996f445e50cd18e208cbfcecb8c364c8af0a20537aef61010d35e',
    '',
  ].join('\n');
}
