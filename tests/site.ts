// Writes the reference of all names as pages, to site/:
//
//   deno task site
//
// `deno doc` names entries by their folder, and an argument that is taken apart at once `arg_0`: both are mended, so that
// an import can be copied from the page.
const root = new URL("../", import.meta.url);
const { name, exports }: { name: string; exports: Record<string, string> } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
);

const args = ["doc", "--html", "--name=nextcore", "--output=site", ...Object.values(exports)];
const { success } = await new Deno.Command("deno", { args, cwd: root, stdin: "null" }).spawn().status;
if (!success) Deno.exit(1);
let mended = 0;
for await (const page of pagesIn("site")) {
  const text = await Deno.readTextFile(page);
  const better = mend(text);
  if (better === text) continue;
  await Deno.writeTextFile(page, better);
  mended += 1;
}
console.log(`${mended} pages mended: open site/index.html`);

function mend(text: string): string {
  return text
    .replace(/(<h3>Usage<\/h3>.*?from &quot;)([a-z]+)(?=&quot;)/s, `$1${name}/$2`)
    .replaceAll(
      />arg_\d(?=<\/span>(?:<span[^>]*>\?<\/span>)?<span>: <span class="td-ref">(?:<a[^>]*>)?\w+Options\b)/g,
      ">options",
    );
}

/** Names of pages are names of members, with whatever is in them: no URL is made of them. */
async function* pagesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const place = `${folder}/${name}`;
    if (isDirectory) yield* pagesIn(place);
    else if (name.endsWith(".html")) yield place;
  }
}
