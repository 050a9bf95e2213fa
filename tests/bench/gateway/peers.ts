/** Not among the project's own imports: only whoever compares needs them. */
export const PEERS: Readonly<Record<string, string>> = {
  "@discordjs/ws": "2.0.4",
  "@discordjs/rest": "2.6.3",
  "@discordeno/gateway": "21.0.0",
  "oceanic.js": "1.15.0",
  "seyfert": "5.1.0",
  "eris": "0.18.0",
  "pako": "1.0.11",
  "zlib-sync": "0.1.10",
};

/** Where they are installed. */
export const PEERS_FOLDER: URL = new URL("../.peers/gateway/", import.meta.url);

/** A path for the command line. */
export function pathIn(folder: URL, path: string): string {
  return decodeURIComponent(new URL(path, folder).pathname).replace(/^\/(?=[A-Z]:)/, "");
}
