/** How a message begins, up to the colon after its first key. */
const FIRST_KEY = /^\{\s*"[a-z_]+"\s*:/;

/**
 * The messages in a text that was inflated of several at once: JSON objects, one behind the other.
 *
 * Throws a `SyntaxError` when the text is something else.
 */
export function splitMessages(text: string, expected: number): string[] {
  const messages = splitAtKeys(text);
  return messages?.length === expected ? messages : splitAtBrackets(text);
}

/**
 * Splits where a `}` meets the beginning of the first message, or gives `undefined` when that is no beginning.
 *
 * Within one message these characters can't meet: between strings, no `{` follows a `}`, and inside a string a `"` has
 * a backslash before it. A mere `}{"` is not enough: a string may end with `}{`.
 */
function splitAtKeys(text: string): string[] | undefined {
  const beginning = FIRST_KEY.exec(text)?.[0];
  if (beginning === undefined) return undefined;
  const messages: string[] = [];
  let start = 0;
  for (let at; (at = text.indexOf(`}${beginning}`, start)) !== -1;) {
    messages.push(text.slice(start, at + 1));
    start = at + 1;
  }
  messages.push(text.slice(start));
  return messages;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Splits where as many brackets were closed as opened: slower, and right for messages that begin differently. */
function splitAtBrackets(text: string): string[] {
  const messages: string[] = [];
  let start = 0;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (isInString) {
      if (unit === BACKSLASH) at += 1;
      else if (unit === QUOTE) isInString = false;
    } else if (unit === QUOTE) {
      isInString = true;
    } else if (unit === OPENING) {
      depth += 1;
    } else if (unit === CLOSING && (depth -= 1) === 0) {
      messages.push(text.slice(start, at + 1));
      start = at + 1;
    }
  }
  if (text.slice(start).trim() !== "") throw new SyntaxError("A message is cut off");
  return messages;
}
