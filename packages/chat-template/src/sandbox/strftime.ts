/** Dates as Python's `strftime` writes them in the C locale. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAY_MILLISECONDS = 86_400_000;

/** The date's UTC fields in a format. What is no directive known here stays as it is. */
export function formatDate(date: Date, format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (directive, unpadded: string, letter: string) => {
    const text = fieldOf(date, letter);
    return text === undefined ? directive : unpadded === '' ? text : text.replace(/^[0 ]+(?=.)/, '');
  });
}

function fieldOf(date: Date, letter: string): string | undefined {
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const hour = date.getUTCHours();
  const day = DAYS[date.getUTCDay()] ?? '';
  const month = MONTHS[date.getUTCMonth()] ?? '';
  switch (letter) {
    case 'Y':
      return pad(date.getUTCFullYear(), 4);
    case 'y':
      return pad(date.getUTCFullYear() % 100);
    case 'm':
      return pad(date.getUTCMonth() + 1);
    case 'B':
      return month;
    case 'b':
      return month.slice(0, 3);
    case 'd':
      return pad(date.getUTCDate());
    case 'e':
      return String(date.getUTCDate()).padStart(2, ' ');
    case 'j':
      return pad(1 + Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MILLISECONDS), 3);
    case 'A':
      return day;
    case 'a':
      return day.slice(0, 3);
    case 'H':
      return pad(hour);
    case 'I':
      return pad(hour % 12 === 0 ? 12 : hour % 12);
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'M':
      return pad(date.getUTCMinutes());
    case 'S':
      return pad(date.getUTCSeconds());
    case 'F':
      return `${fieldOf(date, 'Y')}-${fieldOf(date, 'm')}-${fieldOf(date, 'd')}`;
    case 'T':
      return `${fieldOf(date, 'H')}:${fieldOf(date, 'M')}:${fieldOf(date, 'S')}`;
    case '%':
      return '%';
    default:
      return undefined;
  }
}
