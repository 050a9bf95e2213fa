// Reads TypeScript just well enough to tell code from comments and strings.

/** A comment, a string, a regular expression (after what no division can follow), or what opens and closes a block. */
const TOKEN =
  /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?<=(?:[(,=:[!&|?;{}]|=>|return|^)\s*)\/(?![*\/])(?:[^\/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|[`{}]/gm;
/** Text of a template up to its end or to the next `${`. */
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[^]|\$(?!\{))*(`|\$\{)/y;

/** The code without comments, and with empty strings in place of strings; what stands in `${}` is code. */
export function strip(text: string): string {
  const token = new RegExp(TOKEN);
  const blocks: ("block" | "template")[] = [];
  let code = "";
  let from = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [match] = found;
    code += text.slice(from, found.index);
    from = found.index + match.length;
    const isTemplate = match === "`" || (match === "}" && blocks.at(-1) === "template");
    if (match === "{") blocks.push("block");
    if (match === "}") blocks.pop();
    if (isTemplate) {
      const end = skipTemplateText(text, from);
      code += match === "`" ? '""' : "";
      if (end.isOpen) blocks.push("template");
      code += end.isOpen ? " + " : "";
      from = end.at;
      token.lastIndex = end.at;
    } else {
      code += replacementOf(match);
    }
  }
  return code + text.slice(from);
}

function skipTemplateText(text: string, at: number): { at: number; isOpen: boolean } {
  const templateText = new RegExp(TEMPLATE_TEXT);
  templateText.lastIndex = at;
  const found = templateText.exec(text);
  if (found === null) return { at: text.length, isOpen: false };
  return { at: templateText.lastIndex, isOpen: found[1] === "${" };
}

function replacementOf(match: string): string {
  if (match.startsWith("//") || match.startsWith("/*")) return "";
  if (match.startsWith("/")) return "/./";
  return match === "{" || match === "}" ? match : '""';
}
