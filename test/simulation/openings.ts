/** The open intervals of a window in UTC, as the activity `expandWindow` returns them. */
import {
  WEEKDAYS,
  type WindowIntervals,
  type SendingWindow,
} from '../../src/domain/account/sendingWindow.js';

const DAY = 86_400_000;
const HORIZON_DAYS = 60;

export function openingsOf(window: SendingWindow | null, now: number): WindowIntervals | null {
  if (window === null) return null;
  const until = now + HORIZON_DAYS * DAY;
  const bounds: number[] = [];
  const opens = msOf(window.start);
  const closes = msOf(window.end);
  const length = closes > opens ? closes - opens : closes - opens + DAY;
  for (let day = Math.floor(now / DAY) - 1; day * DAY < until; day += 1) {
    const weekday = WEEKDAYS[(day + 3) % 7];
    if (weekday === undefined || !window.days.includes(weekday)) continue;
    const start = Math.max(now, day * DAY + opens);
    const end = Math.min(until, day * DAY + opens + length);
    if (start < end) bounds.push(start, end);
  }
  return { bounds, from: now, until, zoneVersion: 'simulated' };
}

function msOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000;
}

/** True if the window is open at this local time. */
export function isOpenIn(window: SendingWindow | null, at: number): boolean {
  if (window === null) return true;
  const opens = msOf(window.start);
  const closes = msOf(window.end);
  const length = closes > opens ? closes - opens : closes - opens + DAY;
  const today = Math.floor(at / DAY);
  return [today - 1, today].some((day) => {
    const weekday = WEEKDAYS[(day + 3) % 7];
    const start = day * DAY + opens;
    const isDay = weekday !== undefined && window.days.includes(weekday);
    return isDay && at >= start && at < start + length;
  });
}
