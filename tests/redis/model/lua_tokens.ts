/** A piece of a script. */
export interface Token {
  readonly type: "name" | "number" | "text" | "sign";
  readonly value: string;
}

const TOKEN = /\s+|--[^\n]*|([A-Za-z_]\w*)|(\d+(?:\.\d+)?)|'([^'\n]*)'|(\.\.|[<>=~]=|[-+*/%#<>=(){}[\],.])/y;

/** The pieces of a script, without what means nothing. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.length;) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) {
      throw new SyntaxError(`This is not the Lua that is known here: ${source.slice(at, at + 20)}`);
    }
    const [, name, number, text, sign] = match;
    if (name !== undefined) tokens.push({ type: "name", value: name });
    else if (number !== undefined) tokens.push({ type: "number", value: number });
    else if (text !== undefined) tokens.push({ type: "text", value: text });
    else if (sign !== undefined) tokens.push({ type: "sign", value: sign });
  }
  return tokens;
}
