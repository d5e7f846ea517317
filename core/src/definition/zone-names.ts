/**
 * Names of time zones, without and with daylight saving, and their minutes ahead of UTC. An
 * abbreviation that several zones use means the one that comes first in Java's list, but `IST` is
 * India's.
 */
const ZONES: readonly (readonly [short: string, long: string, minutes: number])[] = [
  ["GMT", "Greenwich Mean Time", 0],
  ["UTC", "Coordinated Universal Time", 0],
  ["PST", "Pacific Standard Time", -480],
  ["PDT", "Pacific Daylight Time", -420],
  ["MST", "Mountain Standard Time", -420],
  ["MDT", "Mountain Daylight Time", -360],
  ["CST", "Central Standard Time", -360],
  ["CDT", "Central Daylight Time", -300],
  ["EST", "Eastern Standard Time", -300],
  ["EDT", "Eastern Daylight Time", -240],
  ["HST", "Hawaii Standard Time", -600],
  ["AKST", "Alaska Standard Time", -540],
  ["AKDT", "Alaska Daylight Time", -480],
  ["AST", "Atlantic Standard Time", -240],
  ["ADT", "Atlantic Daylight Time", -180],
  ["NST", "Newfoundland Standard Time", -210],
  ["NDT", "Newfoundland Daylight Time", -150],
  ["ART", "Argentina Time", -180],
  ["BRT", "Brasilia Time", -180],
  ["WET", "Western European Time", 0],
  ["WEST", "Western European Summer Time", 60],
  ["BST", "British Summer Time", 60],
  ["CET", "Central European Time", 60],
  ["CEST", "Central European Summer Time", 120],
  ["EET", "Eastern European Time", 120],
  ["EEST", "Eastern European Summer Time", 180],
  ["MSK", "Moscow Standard Time", 180],
  ["WAT", "Western African Time", 60],
  ["CAT", "Central African Time", 120],
  ["EAT", "Eastern African Time", 180],
  ["SAST", "South Africa Standard Time", 120],
  ["GST", "Gulf Standard Time", 240],
  ["PKT", "Pakistan Time", 300],
  ["IST", "India Standard Time", 330],
  ["ICT", "Indochina Time", 420],
  ["WIB", "West Indonesia Time", 420],
  ["HKT", "Hong Kong Time", 480],
  ["SGT", "Singapore Time", 480],
  ["CTT", "China Standard Time", 480],
  ["AWST", "Australian Western Standard Time", 480],
  ["JST", "Japan Standard Time", 540],
  ["KST", "Korea Standard Time", 540],
  ["ACST", "Australian Central Standard Time", 570],
  ["ACDT", "Australian Central Daylight Time", 630],
  ["AEST", "Australian Eastern Standard Time", 600],
  ["AEDT", "Australian Eastern Daylight Time", 660],
  ["NZST", "New Zealand Standard Time", 720],
  ["NZDT", "New Zealand Daylight Time", 780],
];

const MINUTES_BY_NAME: ReadonlyMap<string, number> = new Map(
  ZONES.flatMap(([short, long, minutes]) => [
    [short.toLowerCase(), minutes],
    [long.toLowerCase(), minutes],
  ]),
);

const OFFSET = /^(?:GMT([+-])(\d{1,2}):(\d{2})|([+-])(\d{2})(\d{2}))$/i;

/**
 * Minutes that a zone is ahead of UTC: a name (`CET`, `Pacific Standard Time`), `GMT+4:00` or
 * `+0400`; `undefined` when it is none of these.
 */
export function zoneOffsetMinutes(zone: string): number | undefined {
  const parts = OFFSET.exec(zone);
  if (parts === null) return MINUTES_BY_NAME.get(zone.toLowerCase());
  const [, gmtSign, gmtHours, gmtMinutes, sign, hours, minutes] = parts;
  const hour = Number(gmtHours ?? hours);
  const minute = Number(gmtMinutes ?? minutes);
  if (hour > 23 || minute > 59) return undefined;
  return ((gmtSign ?? sign) === "-" ? -1 : 1) * (hour * 60 + minute);
}
